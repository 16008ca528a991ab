// The ceiling of the runtime: a Worker that does nothing but answer one constant JSON.

export default {
  fetch() {
    return Response.json({ ok: true });
  },
};
