// Asks a stand-in as a client would, for the tests of the stand-ins themselves.

/** One request; gives { status, headers, text, json }. `query` leaves out what is undefined. */
export async function ask(base, { method = "GET", query = {}, headers = {}, json, body } = {}) {
  const url = new URL(base);
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) url.searchParams.append(name, value);
  const sent = json === undefined ? body : JSON.stringify(json);
  const typed = json === undefined ? headers : { "content-type": "application/json", ...headers };
  const kept = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined));
  const response = await fetch(url, { method, headers: kept, body: sent, redirect: "manual" });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
