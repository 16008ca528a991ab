// The API's page as somebody sees it who opens it: in a real browser, from the Worker alone.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../../gateway/dev/tools.mjs";
import { openPage } from "../harness/browser.mjs";
import { productWorker } from "../harness/worker.mjs";

const SCREENSHOT = join(ROOT, "gateway", "build", "docs.png");

test("the page shows every operation, asks no other host, and the browser has no complaint", { timeout: 300_000 }, async (t) => {
  const worker = await productWorker(t);
  const { paths } = await (await fetch(`${worker.url}/openapi.json`)).json();
  const methods = ["get", "put", "post", "delete", "patch", "head"];
  const operations = Object.values(paths).flatMap((path) => methods.filter((method) => path[method]));
  const page = await openPage(t, `${worker.url}/docs`);
  if (!page) return;
  // The page makes what is in sight and no more: so it is scrolled down, to its end.
  const scroll = `(() => {
    window.seen ??= new Set();
    document.querySelectorAll(".opblock").forEach(({ id }) => window.seen.add(id));
    window.scrollBy(0, 400);
    return window.seen.size === ${operations.length};
  })()`;
  await page.until(scroll, async () => `that all ${operations.length} operations are shown (${await page.evaluate("window.seen.size")} were)`);
  await page.evaluate("window.scrollTo(0, 0)");

  // One of them opened: its parameters and answers are shown too. The page may take what it shows
  // away and make it anew while it scrolls, and a click with it: then it is clicked again.
  const open = `(() => {
    const opened = document.querySelector(".opblock-post.is-open");
    if (opened) return opened.querySelectorAll(".response").length > 1;
    const post = document.querySelector(".opblock-post .opblock-summary-control");
    if (post && Date.now() - (window.clicked ?? 0) > 2_000) {
      window.clicked = Date.now();
      post.click();
    }
    return false;
  })()`;
  await page.until(open, "that an opened operation shows its answers");
  const errors = await page.evaluate("[...document.querySelectorAll('.errors-wrapper, .loading-container .failed-config')].map((it) => it.innerText)");
  assert.deepEqual(errors, []);
  await page.screenshot(SCREENSHOT);
  t.diagnostic(`${operations.length} operations; screenshot: ${SCREENSHOT}`);

  assert.deepEqual(page.complaints, []);
  const elsewhere = page.requests.filter((address) => !address.startsWith(`${worker.url}/`) && !address.startsWith("data:"));
  assert.deepEqual(elsewhere, []);
  assert.ok(page.requests.includes(`${worker.url}/openapi.json`), page.requests.join("\n"));
});

test("a page that does complain is heard", { timeout: 120_000 }, async (t) => {
  const script = "console.error('aloud'); setTimeout(() => { throw new Error('thrown'); })";
  const page = await openPage(t, `data:text/html,<script>${encodeURIComponent(script)}</script>`);
  if (!page) return;
  await page.until("document.readyState === 'complete'", "that the page is there");
  const heard = () => page.complaints.join("\n");
  while (!heard().includes("thrown")) await new Promise((done) => setTimeout(done, 50));
  assert.match(heard(), /aloud/);
});
