// The OData query options that a list of messages takes: $select, $filter, $orderby, $top, $skip.
//
// $filter is a chain of comparisons joined by `and`. Other options are refused by name, so that a
// client does not believe that they had an effect.

import { badRequest } from "./answer.mjs";
import { selected } from "./message.mjs";

const TOP_MAX = 1_000;
const FIELDS = {
  internetMessageId: { of: (m) => m.internetMessageId, kind: "text" },
  conversationId: { of: (m) => m.conversationId, kind: "text" },
  subject: { of: (m) => m.subject, kind: "text" },
  isRead: { of: (m) => m.isRead, kind: "boolean" },
  isDraft: { of: (m) => m.isDraft, kind: "boolean" },
  receivedDateTime: { of: (m) => m.received, kind: "time" },
  sentDateTime: { of: (m) => m.sent, kind: "time" },
};
const COMPARE = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  ge: (a, b) => a >= b,
  gt: (a, b) => a > b,
  le: (a, b) => a <= b,
  lt: (a, b) => a < b,
};
const WORD = /^\s*(\w+)\s+(eq|ne|ge|gt|le|lt)\s+('(?:[^']|'')*'|[^\s']+)\s*(?:and\s+|$)/;

/** The options of a request by name, each at most once; those in `allowed`, others are refused. */
export function options(query, allowed) {
  const found = {};
  for (const [name, value] of query) {
    if (name in found)
      throw badRequest(`Query option '${name}' was specified more than once, but it must be specified at most once.`);
    if (!allowed.includes(name))
      throw badRequest(`The query option '${name}' is not supported here.`, "ErrorInvalidUrlQuery");
    found[name] = value;
  }
  return found;
}

/** { matches, fields } of a $filter. */
export function parseFilter(text) {
  const invalid = () => badRequest(`Invalid filter clause: ${text}`);
  const terms = [];
  for (let rest = text; rest.trim() !== "";) {
    const [whole, name, operator, literal] = WORD.exec(rest) ?? [];
    const field = FIELDS[name];
    if (!whole || !field) throw invalid();
    terms.push({ name, is: COMPARE[operator], of: field.of, value: valueOf(field.kind, literal, invalid) });
    rest = rest.slice(whole.length);
  }
  if (terms.length === 0) throw invalid();
  return {
    fields: terms.map((term) => term.name),
    matches: (message) => terms.every((t) => t.is(t.of(message), t.value)),
  };
}

function valueOf(kind, literal, invalid) {
  if (kind === "text" && /^'.*'$/s.test(literal)) return literal.slice(1, -1).replaceAll("''", "'");
  if (kind === "boolean" && /^(true|false)$/.test(literal)) return literal === "true";
  // A time of OData stands without quotes.
  if (kind === "time" && /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(literal)) return Date.parse(literal);
  throw invalid();
}

function number(text, name, least, most) {
  if (!/^\d+$/.test(text) || Number(text) < least || Number(text) > most)
    throw badRequest(`Invalid value '${text}' for $${name}.`);
  return Number(text);
}

/** What a list asks for: { select, matches, order, top, skip, raw }. */
export function listOptions(query) {
  const raw = options(query, ["$select", "$filter", "$orderby", "$top", "$skip"]);
  const filter = raw.$filter === undefined ? undefined : parseFilter(raw.$filter);
  const order = raw.$orderby === undefined ? undefined : parseOrder(raw.$orderby);
  // What is sorted by must also be what is filtered by.
  if (filter && order && !filter.fields.includes(order.field)) {
    throw badRequest("The restriction or sort order is too complex for this operation.", "InefficientFilter");
  }
  return {
    raw,
    select: selected(raw.$select),
    matches: filter?.matches ?? (() => true),
    order: order?.compare ?? ((a, b) => b.received - a.received),
    top: raw.$top === undefined ? undefined : number(raw.$top, "top", 1, TOP_MAX),
    skip: raw.$skip === undefined ? 0 : number(raw.$skip, "skip", 0, Number.MAX_SAFE_INTEGER),
  };
}

function parseOrder(text) {
  const [, field, direction] = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/.exec(text) ?? [];
  if (!(field in FIELDS)) throw badRequest(`Invalid $orderby: ${text}`);
  const { of } = FIELDS[field];
  const sign = direction === "desc" ? -1 : 1;
  return { field, compare: (a, b) => sign * (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0) };
}
