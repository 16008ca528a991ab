// The product's entry with a clock that a test can move on: `POST /test/clock?ms=…` adds to Date.now.
//
// Alarms go off in real time; what is due is found by the next command.
import Worker from "../../gateway/entry.js";

export * from "../../gateway/entry.js";

const now = Date.now.bind(Date);
let ahead = 0;
Date.now = () => now() + ahead;

export default class extends Worker {
  fetch(request) {
    const url = new URL(request.url);
    if (url.pathname !== "/test/clock") return super.fetch(request);
    ahead += Number(url.searchParams.get("ms"));
    return new Response(String(Date.now()));
  }
}
