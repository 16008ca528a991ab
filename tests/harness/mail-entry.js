// The product's entry with one more door: mail straight to its `email` handler.
//
// The local stand-in for mail routing refuses, before the Worker sees them, messages that real
// routing delivers (without Message-ID, without a usable From). `POST /test/email?from=…&to=…`
// hands the body to the same handler of the same Worker.
import Worker from "../../gateway/entry.js";

export * from "../../gateway/entry.js";

export default class extends Worker {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname !== "/test/email") return super.fetch(request);
    const raw = await request.arrayBuffer();
    let reason;
    await this.email({
      from: url.searchParams.get("from"),
      to: url.searchParams.get("to"),
      raw: new Response(raw).body,
      rawSize: raw.byteLength,
      headers: new Headers(),
      setReject: (why) => (reason = why),
      forward: () => Promise.reject(new Error("not here")),
      reply: () => Promise.reject(new Error("not here")),
    });
    return new Response(reason ?? "delivered", { status: reason === undefined ? 200 : 400 });
  }
}
