// SQLite on the JavaScript side of storage.rs: a statement, its values and all its rows go over in one
// crossing each way, where each value and each column would be one.
//
// Values come as one text (the statement, then every text that is bound), numbers in pairs, and the
// bytes of all blobs; a pair is a kind and a number, the length in UTF-16 units, or the length in bytes.
// Rows go back as bytes: how many columns, then of each value its kind and what it holds, little-endian.

const NULL = 0;
const NUMBER = 1;
const TEXT = 2;
const BLOB = 3;

/** A buffer larger than this is not kept for the next result. */
const KEPT_BYTES_MAX = 1 << 20;
/** Texts up to this length are copied character by character: a call costs more. */
const SHORT_MAX = 48;

const utf8 = new TextEncoder();

let bytes = new Uint8Array(4096);
let view = new DataView(bytes.buffer);
let at = 0;

/** Makes room for so many more bytes. */
function room(more) {
  if (at + more <= bytes.length) return;
  const grown = new Uint8Array(Math.max(at + more, bytes.length * 2));
  grown.set(bytes.subarray(0, at));
  bytes = grown;
  view = new DataView(bytes.buffer);
}

function writeText(text) {
  const { length } = text;
  room(5 + length * 3);
  bytes[at] = TEXT;
  const begin = at + 5;
  let end = begin;
  if (length <= SHORT_MAX) {
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 127) break;
      bytes[end++] = unit;
    }
  }
  if (end - begin !== length) end = begin + utf8.encodeInto(text, bytes.subarray(begin)).written;
  view.setUint32(at + 1, end - begin, true);
  at = end;
}

function write(value) {
  if (typeof value === "string") {
    writeText(value);
  } else if (typeof value === "number") {
    room(9);
    bytes[at] = NUMBER;
    view.setFloat64(at + 1, value, true);
    at += 9;
  } else if (value instanceof ArrayBuffer) {
    room(5 + value.byteLength);
    bytes[at] = BLOB;
    view.setUint32(at + 1, value.byteLength, true);
    bytes.set(new Uint8Array(value), at + 5);
    at += 5 + value.byteLength;
  } else {
    room(1);
    bytes[at++] = NULL;
  }
}

function bound(text, pairs, blobs) {
  const values = [];
  let from = pairs[0];
  let blob = 0;
  for (let index = 1; index < pairs.length; index += 2) {
    const number = pairs[index + 1];
    switch (pairs[index]) {
      case NUMBER:
        values.push(number);
        break;
      case TEXT:
        values.push(text.slice(from, (from += number)));
        break;
      case BLOB:
        // A copy: what is bound must not change with the memory of the wasm.
        values.push(blobs.slice(blob, (blob += number)));
        break;
      default:
        values.push(null);
    }
  }
  return values;
}

/**
 * Runs a statement to its end. `pairs` begins with the statement's length in `text`. Where it is
 * metered, the rows that it read and wrote come first.
 */
export function exec(sql, text, pairs, blobs, metered) {
  const statement = text.slice(0, pairs[0]);
  const cursor = sql.exec(statement, ...bound(text, pairs, blobs));
  const rows = cursor.raw().toArray();
  if (bytes.length > KEPT_BYTES_MAX) {
    bytes = new Uint8Array(4096);
    view = new DataView(bytes.buffer);
  }
  at = 0;
  if (metered) {
    write(cursor.rowsRead);
    write(cursor.rowsWritten);
  }
  room(4);
  view.setUint32(at, rows.length === 0 ? 0 : rows[0].length, true);
  at += 4;
  for (const row of rows) {
    for (const value of row) write(value);
  }
  return bytes.subarray(0, at);
}
