// A real browser without a window: Chromium from the system's packages, steered by its own protocol.
//
//   const page = await openPage(t, url); // undefined, and the test is skipped aloud, where there is no browser
//   // { evaluate(expression), until(expression, what), go(url, headers), screenshot(file), requests, complaints }
//
// `requests` are the addresses that the page asked for, `complaints` what the browser said against
// it: errors of scripts, of the console, of the content security policy, requests that failed.
// `go` opens another page in its place, with headers of its own, waits until it is loaded and has
// had a moment, and gives the requests and complaints of it alone.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import WebSocket from "ws";
import { ensurePackages } from "./debian.mjs";
import { later } from "./worker.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const WAIT_MS = 120_000;
/** How long a page that is loaded may still begin something. */
const SETTLE_MS = 250;

const onPath = () => NAMES.find((name) => {
  try {
    return execFileSync("sh", ["-c", `command -v ${name}`], { stdio: ["ignore", "pipe", "ignore"] }).length > 0;
  } catch {
    return false;
  }
});

/** The browser's name; installs Debian's package where there is none. Undefined where that fails. */
function ensureChromium() {
  const found = onPath();
  if (found) return found;
  try {
    ensurePackages(["chromium"], { files: ["/usr/bin/chromium"] });
  } catch (error) {
    console.error(`browser: ${error.message}`);
  }
  return onPath();
}

/** Opens a page in a browser of its own, which ends after the test `t`. */
export async function openPage(t, url) {
  const browser = ensureChromium();
  if (!browser) {
    const why = `NOT TESTED: no Chromium on the path, and it could not be installed (by hand: apt-get install chromium)`;
    console.error(`browser: ${why}`);
    t.skip(why);
    return undefined;
  }
  const profile = mkdtempSync(join(tmpdir(), "postroom-browser-"));
  later(t, () => remove(profile));
  const args = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"];
  args.push("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,1600");
  args.push("--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank");
  const child = spawn(browser, args, { stdio: ["ignore", "ignore", "pipe"], detached: true });
  const ended = new Promise((done) => child.once("exit", done));
  later(t, () => (killAll(child), ended));
  const port = await new Promise((done, fail) => {
    let said = "";
    child.stderr.on("data", (chunk) => {
      said += chunk;
      const at = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(said);
      if (at) done(at[1]);
    });
    child.once("error", fail);
    child.once("exit", (code) => fail(new Error(`the browser ended with ${code}:\n${said}`)));
    setTimeout(() => fail(new Error(`the browser did not start:\n${said}`)), WAIT_MS).unref();
  });
  const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
  const target = targets.find(({ type }) => type === "page");
  return drive(await connect(target.webSocketDebuggerUrl), url);
}

/** Ends a browser with all its processes, which are a group of their own. */
function killAll(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

/** Removes a folder into which a process that is ending may write a moment longer. */
async function remove(folder) {
  for (let tries = 1; ; tries += 1) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (tries === 60) throw error;
      await wait(250);
    }
  }
}

function connect(address) {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  return new Promise((done, fail) => socket.once("open", () => done(socket)).once("error", fail));
}

async function drive(socket, url) {
  const [requests, complaints, waiting] = [[], [], new Map()];
  let [last, loaded] = [0, () => {}];
  const send = (method, params = {}) =>
    new Promise((done, fail) => {
      waiting.set(++last, { done, fail });
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  const happened = {
    "Page.loadEventFired": () => loaded(),
    "Page.javascriptDialogOpening": () => send("Page.handleJavaScriptDialog", { accept: true }),
    "Network.requestWillBeSent": ({ request }) => requests.push(request.url),
    "Network.loadingFailed": ({ errorText, blockedReason }) => complaints.push(`a request failed: ${blockedReason ?? errorText}`),
    "Network.responseReceived": ({ response }) => {
      if (response.status >= 400) complaints.push(`${response.url}: ${response.status}`);
    },
    "Runtime.exceptionThrown": ({ exceptionDetails: it }) => complaints.push(it.exception?.description ?? it.text),
    "Runtime.consoleAPICalled": ({ type, args }) => {
      const said = args.map(({ value, description }) => value ?? description).join(" ");
      if (["error", "warning", "assert"].includes(type)) complaints.push(`console.${type}: ${said}`);
    },
    "Log.entryAdded": ({ entry }) => {
      if (["error", "warning"].includes(entry.level)) complaints.push(`${entry.source}: ${entry.text}`);
    },
  };
  socket.on("message", (text) => {
    const { id, method, params, result, error } = JSON.parse(text);
    if (method) return happened[method]?.(params);
    const { done, fail } = waiting.get(id);
    waiting.delete(id);
    if (error) fail(new Error(error.message));
    else done(result);
  });
  for (const domain of ["Network", "Runtime", "Log", "Page"]) await send(`${domain}.enable`);
  await send("Page.navigate", { url });

  const go = async (address, headers = {}) => {
    await send("Page.navigate", { url: "about:blank" });
    await send("Network.setExtraHTTPHeaders", { headers });
    await wait(SETTLE_MS / 5);
    const [firstRequest, firstComplaint] = [requests.length, complaints.length];
    const load = new Promise((done) => (loaded = done));
    await send("Page.navigate", { url: address });
    await Promise.race([load, wait(WAIT_MS).then(() => Promise.reject(new Error(`${address} did not load`)))]);
    await wait(SETTLE_MS);
    return { requests: requests.slice(firstRequest), complaints: complaints.slice(firstComplaint) };
  };
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  const until = async (expression, what) => {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const value = await evaluate(expression);
      if (value) return value;
      if (Date.now() > end) throw new Error(`${typeof what === "function" ? await what() : what} did not happen; the browser said: ${complaints.join("\n")}`);
      await wait(100);
    }
  };
  const screenshot = async (file) => {
    const { data } = await send("Page.captureScreenshot", { format: "png" });
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(data, "base64"));
  };
  return { evaluate, until, go, screenshot, requests, complaints };
}
