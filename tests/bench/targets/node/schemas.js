// What is written and what is told, as JSON Schema; Fastify checks requests and writes answers by it.

const text = { type: "string", minLength: 1, maxLength: 65_536 };
const room = { type: "string", pattern: "^[\\w-]{1,64}$" };

const object = (properties, required = Object.keys(properties)) =>
  ({ type: "object", properties, required, additionalProperties: false });

const comment = object({
  id: { type: "string" },
  seq: { type: "integer" },
  ticketId: { type: "string" },
  authorId: { type: "string" },
  text: { type: "string" },
  createdAt: { type: "integer" },
});

const health = { schema: { response: { 200: object({ ok: { type: "boolean" } }) } } };

const post = { schema: { params: object({ room }), body: object({ text }), response: { 201: comment } } };

const list = {
  schema: {
    params: object({ room }),
    querystring: object({ limit: { type: "string", pattern: "^([1-9]\\d?|100)$", default: "50" } }, []),
    response: { 200: object({ items: { type: "array", items: comment } }) },
  },
};

/** The options of each route. */
export const routes = { health, post, list };

/** What comes over a socket. */
export const frames = { join: object({ room }), comment: object({ id: { type: "string" }, text, room }) };
