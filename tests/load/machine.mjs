// What a load takes of this machine: workerd's memory and processor time, and the driver's own. Linux
// tells; elsewhere the figures are missing.

import { readFileSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";

const SAMPLE_MS = 250;
/** The kernel's ticks of processor time, a second. */
const TICKS = 100;

const read = (file) => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};

/** The memory of a process in bytes. */
export const rss = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? NaN) * 1_024;

/** The processor time that a process has had, in seconds. */
export function cpu(pid) {
  const fields = read(`/proc/${pid}/stat`).split(") ").pop().split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** The most files and sockets that a process of ours may have open: node takes all that the system allows. */
export function filesMax() {
  const found = /^Max open files\s+(\d+)/m.exec(read("/proc/self/limits"));
  return found ? Number(found[1]) : NaN;
}

/** Where storage goes: TMPDIR if it is set, memory if that has the room, else a disk. */
export function home(bytes) {
  if (process.env.TMPDIR) return process.env.TMPDIR;
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize > 2 * bytes) return "/dev/shm";
  } catch {
    // Other systems have no such folder.
  }
  return tmpdir();
}

/** Watches workerd and the driver until `stop()`, which gives the lines of a report. */
export function watch(pid) {
  const start = { rss: rss(pid), cpu: cpu(pid), own: process.cpuUsage(), at: performance.now() };
  let peak = start.rss;
  const look = () => {
    const bytes = rss(pid);
    if (bytes > peak) peak = bytes; // a sample that is missing is no number
  };
  const timer = setInterval(look, SAMPLE_MS);
  return {
    stop(late) {
      clearInterval(timer);
      look();
      const seconds = (performance.now() - start.at) / 1_000;
      const { user, system } = process.cpuUsage(start.own);
      const cores = (used) => `${(used / seconds).toFixed(2)} of a core`;
      const begun = late ? `; what it began was late by ${late}` : "";
      return [
        ["memory", `${mb(start.rss)} at the start, ${mb(peak)} at most, ${mb(rss(pid))} at the end`],
        ["workerd", cores(cpu(pid) - start.cpu)],
        ["driver", cores((user + system) / 1e6) + begun],
      ];
    },
  };
}

export const mb = (bytes) => `${(bytes / 1_048_576).toFixed(1)} MB`;
