// Checks that several providers make of what they are asked.

/** What is wrong with the names of the parameters: one that is not known, or stands twice. */
export function misnamed(query, known) {
  for (const name of new Set(query.keys())) {
    if (!known.includes(name)) return `The parameter '${name}' is not known.`;
    if (query.getAll(name).length > 1) return `The parameter '${name}' stands twice.`;
  }
  return undefined;
}

/** Whether a text is a whole number from `least` to `most`. */
export const isWhole = (text, least, most) =>
  /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most;

export const isAddress = (text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text ?? "");
export const isDomain = (text) => /^(?!-)([a-z0-9-]{1,63}\.)+[a-z]{2,63}$/i.test(text ?? "");

/** Whether two texts are the same in any case; what is not given is like nothing. */
export const same = (a, b) => a !== undefined && a?.toLowerCase() === b?.toLowerCase();

/** The JSON object of a request's body; undefined where it is none. */
export function objectOf(body) {
  try {
    const value = JSON.parse(body.toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const isJson = (headers) => /^application\/json\b/i.test(headers["content-type"] ?? "");

/** The token of `Authorization: Bearer`, or undefined. */
export const bearerOf = (headers) => /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
