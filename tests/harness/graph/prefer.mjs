// The Prefer header: IdType="ImmutableId", outlook.body-content-type="text", odata.maxpagesize=50.
//
// Stricter than Graph: a preference that is misspelt or has a wrong value is refused here, where
// Graph passes over it and answers with other ids, other bodies or other pages than were meant.

import { badRequest } from "./answer.mjs";

const PAGE_MAX = 1_000;

/** { immutable, bodyType, pageSize, applied } of a header, which may join several values by commas. */
export function parsePrefer(text = "") {
  const prefer = { immutable: false, bodyType: "html", pageSize: undefined, applied: [] };
  const seen = new Set();
  for (const one of text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)) {
    const [, name, value] = /^([^=\s]+)\s*=\s*"?([^"]*)"?$/.exec(one) ?? [null, one, ""];
    const known = name.toLowerCase();
    const wrong = () => badRequest(`The value of the preference '${one}' is not valid.`, "ErrorInvalidRequest");
    if (seen.has(known)) throw wrong();
    seen.add(known);
    if (known === "idtype") {
      if (value !== "ImmutableId") throw wrong();
      prefer.immutable = true;
    } else if (known === "outlook.body-content-type") {
      if (!["text", "html"].includes(value)) throw wrong();
      prefer.bodyType = value;
    } else if (known === "odata.maxpagesize") {
      if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > PAGE_MAX) throw wrong();
      prefer.pageSize = Number(value);
    } else {
      throw badRequest(`The preference '${one}' is not known.`, "ErrorInvalidRequest");
    }
    prefer.applied.push(one);
  }
  return prefer;
}
