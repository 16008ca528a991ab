// What may be written, the same for both ways in.

const TEXT_MAX = 65_536;

/** True for an object that has exactly these fields. */
const hasOnly = (value, fields) =>
  typeof value === "object" && value !== null && !Array.isArray(value) &&
  Object.keys(value).length === fields.length && fields.every((field) => Object.hasOwn(value, field));

const isText = (value) => typeof value === "string" && value.length >= 1 && value.length <= TEXT_MAX;

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The text of a request's body, or undefined if the body is anything but `{"text": …}`. */
export function commentOf(body) {
  const value = parse(body);
  return hasOnly(value, ["text"]) && isText(value.text) ? value.text : undefined;
}

/** A comment sent over the WebSocket, or undefined if the frame is anything else. */
export function frameOf(message) {
  const value = typeof message === "string" ? parse(message) : undefined;
  const known = hasOnly(value, ["type", "id", "text"]) && value.type === "comment";
  return known && typeof value.id === "string" && isText(value.text) ? value : undefined;
}
