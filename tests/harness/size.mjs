// What the Worker weighs as it is uploaded: its wasm, and its JavaScript in one file.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { nodeBin, ROOT, run, Trouble } from "../../gateway/dev/tools.mjs";

const gzip = (path) => gzipSync(readFileSync(path), { level: 9 }).length;

/** The bytes of the built Worker, gzipped; bundled as wrangler does for production (`minify` there). */
export async function workerGzip() {
  const dir = mkdtempSync(join(tmpdir(), "postroom-size-"));
  try {
    const entry = join(ROOT, "gateway", "entry.js");
    const out = join(dir, "entry.js");
    const leave = ["cloudflare:*", "node:*", "*.wasm"].map((what) => `--external:${what}`);
    const ran = await run("esbuild", nodeBin("esbuild"), [entry, "--bundle", "--format=esm", "--minify", ...leave, `--outfile=${out}`]);
    if (ran.code !== 0) throw new Trouble(`the bundle failed (log: ${ran.log}):\n${ran.tail}`);
    return gzip(out) + gzip(join(ROOT, "gateway", "build", "index_bg.wasm"));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
