// Requests that no decent client makes: as node:http sends them, or byte by byte.

import { request } from "node:http";
import { connect } from "node:net";

/** Sends a request without tidying its path; gives { status, headers, text }. */
export function send(url, { method = "GET", path, headers = {}, body } = {}) {
  const { hostname, port } = new URL(url);
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  return new Promise((done, fail) => {
    const out = request({ hostname, port, method, path, headers: { ...length, ...headers }, agent: false });
    let answered = false;
    out.on("response", (answer) => {
      answered = true;
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
      answer.on("error", fail);
    });
    // A server that refuses a long body may close before it has read all of it.
    out.on("error", (error) => answered || fail(error));
    out.end(body);
  });
}

/** Writes bytes to the port; gives { status, ours }: 0 where the connection is closed; whether the Worker answered. */
export function bytes(url, text, patienceMs = 5_000) {
  const { hostname, port } = new URL(url);
  return new Promise((done) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let answer = "";
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      done({ status: Number(/^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1] ?? 0), ours: /^x-request-id:/im.test(answer) });
    };
    const timer = setTimeout(end, patienceMs);
    socket.setEncoding("latin1");
    socket.on("connect", () => socket.write(text, "latin1"));
    socket.on("data", (chunk) => {
      answer += chunk;
      if (answer.includes("\r\n\r\n")) end();
    });
    socket.on("error", end).on("close", end);
  });
}
