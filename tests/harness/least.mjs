// Values made from the schemas of the API's document.

/** An id that nothing has. */
export const UNKNOWN = "0190f5fe-7c00-7a00-8000-0000000000ff";

/** The least value of a schema; ids come from `ids` by the name of their field. */
export function least(schema, ids, name = "") {
  if (schema.anyOf) return least(schema.anyOf[0], ids, name);
  if (schema.oneOf) return least(schema.oneOf[0], ids, name);
  if ("const" in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  const type = [schema.type].flat()[0];
  if (type === "object" || schema.properties) {
    const fields = (schema.required ?? []).map((field) => [field, least(schema.properties?.[field] ?? {}, ids, field)]);
    return Object.fromEntries(fields);
  }
  if (type === "array") return schema.minItems ? [least(schema.items, ids, name)] : [];
  if (name === "publishAt" || name === "until") return Date.now() + 86_400_000;
  if (type === "integer" || type === "number") return Math.max(schema.minimum ?? 1, 1);
  if (type === "boolean") return true;
  if (schema.format === "uuid") return ids[name] ?? UNKNOWN;
  if (/email/i.test(name)) return "somebody@customer.example";
  if (name === "host") return "mail.customer.example";
  if (/url/i.test(name)) return "https://receiver.example/hook";
  return "text enough for anything";
}
