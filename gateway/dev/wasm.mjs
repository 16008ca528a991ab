// Reads a WebAssembly module just far enough to leave out functions, or put them in another order.
//
// It knows where the functions are and where the module speaks of one by its number; all else is
// copied as it stands. What it does not know it refuses, and the build fails.

const SECTION = { custom: 0, imports: 2, functions: 3, exports: 7, start: 8, elements: 9, code: 10 };

const BR_TABLE = 0x0e;
const CALL = 0x10;
const SELECT_OF_TYPE = 0x1c;
const TRY_TABLE = 0x1f;
const F32_CONST = 0x43;
const F64_CONST = 0x44;
const REF_FUNC = 0xd2;
const PREFIXED = 0xfc;

/** How many numbers follow an instruction. */
const NUMBERS = numbersAfter([
  [0, [0x00, 0x01, 0x05, 0x0a, 0x0b, 0x0f, 0x1a, 0x1b, TRY_TABLE, F32_CONST, F64_CONST, 0xd1]],
  [1, [0x02, 0x03, 0x04, 0x08, 0x0c, 0x0d, 0x3f, 0x40, 0x41, 0x42, 0xd0]], // blocks, branches, constants
  [1, [CALL, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, REF_FUNC]], // locals, globals, tables
  [2, [0x11]], // call_indirect
]);
/** The same after the prefix 0xfc: conversions, then memory and tables in bulk. */
const PREFIXED_NUMBERS = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

function numbersAfter(groups) {
  const counts = new Array(256).fill(undefined);
  counts.fill(2, 0x28, 0x3f); // loads and stores: alignment and offset
  counts.fill(0, 0x45, 0xc5); // comparisons and arithmetic
  for (const [count, codes] of groups) for (const code of codes) counts[code] = count;
  return counts;
}

/** A module's functions: how many it imports, and of each of its own the type and the bytes. */
export class Module {
  constructor(bytes) {
    this.bytes = bytes;
    this.sections = sections(bytes);
    this.imported = 0;
    for (const { id, begin } of this.sections) {
      if (id === SECTION.imports) this.imported = countImported(new Reader(bytes, begin));
      if (id === SECTION.functions) this.types = numbers(new Reader(bytes, begin));
      if (id === SECTION.code) this.bodies = bodies(new Reader(bytes, begin));
    }
  }

  /** The body of a function; `numberOf` says by which number it calls another. */
  body(at, numberOf) {
    const { begin, end, calls } = this.bodies[at];
    const parts = [];
    let done = begin;
    for (const call of calls) {
      parts.push(this.bytes.subarray(done, call.begin), leb128(numberOf(call.number)));
      done = call.end;
    }
    return Buffer.concat([...parts, this.bytes.subarray(done, end)]);
  }

  /**
   * The module with the functions of `order`, numbered as they stand there; `same` names for every
   * function the one in `order` that is called instead of it. Functions are counted without the
   * imported ones. The names of functions go: they are of use to nobody who runs it.
   */
  renumbered(order, same) {
    const places = new Map(order.map((from, to) => [from, to + this.imported]));
    const own = (number) => places.get(same[number - this.imported]);
    const numberOf = (number) => (number < this.imported ? number : own(number));
    const kept = this.sections.filter((section) => !this.#isNames(section));
    return Buffer.concat([
      this.bytes.subarray(0, 8),
      ...kept.map(({ id, begin, end }) => this.#section(id, begin, end, order, numberOf)),
    ]);
  }

  #isNames({ id, begin }) {
    return id === SECTION.custom && new Reader(this.bytes, begin).text() === "name";
  }

  #section(id, begin, end, order, numberOf) {
    const read = new Reader(this.bytes, begin);
    const body = {
      [SECTION.functions]: () => list(order.map((at) => leb128(this.types[at]))),
      [SECTION.exports]: () => list(read.items(() => exported(read, numberOf))),
      [SECTION.start]: () => leb128(numberOf(read.number())),
      [SECTION.elements]: () => list(read.items(() => element(read, numberOf))),
      [SECTION.code]: () => list(order.map((at) => sized(this.body(at, numberOf)))),
    }[id];
    return Buffer.concat([Buffer.of(id), sized(body?.() ?? this.bytes.subarray(begin, end))]);
  }
}

/** A place in the bytes that moves on as they are read. */
class Reader {
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
  }

  byte() {
    return this.bytes[this.at++];
  }

  /** An unsigned number; a signed one is only passed over, so that its value does not matter. */
  number() {
    let [value, unit] = [0, 1];
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
      unit *= 128;
    }
  }

  text() {
    const length = this.number();
    this.at += length;
    return this.bytes.toString("utf8", this.at - length, this.at);
  }

  items(read) {
    return Array.from({ length: this.number() }, read);
  }

  /** What `read` passes over. */
  passed(read) {
    const begin = this.at;
    read();
    return this.bytes.subarray(begin, this.at);
  }
}

function sections(bytes) {
  const read = new Reader(bytes, 8);
  const found = [];
  while (read.at < bytes.length) {
    const id = read.byte();
    const length = read.number();
    found.push({ id, begin: read.at, end: read.at + length });
    read.at += length;
  }
  return found;
}

const numbers = (read) => read.items(() => read.number());

function countImported(read) {
  const kinds = read.items(() => {
    read.text();
    read.text();
    const kind = read.byte();
    if (kind === 1) read.byte(); // a table of what
    if (kind === 3) read.at += 2; // a global: its type, and whether it changes
    else if (kind === 4) read.at += 1; // a tag
    if (kind === 1 || kind === 2) limits(read);
    else if (kind !== 3) read.number();
    return kind;
  });
  return kinds.filter((kind) => kind === 0).length;
}

function limits(read) {
  const hasMax = read.byte() & 1;
  read.number();
  if (hasMax) read.number();
}

function bodies(read) {
  return read.items(() => {
    const length = read.number();
    const begin = read.at;
    const end = begin + length;
    const calls = [];
    read.items(() => (read.number(), read.byte())); // its locals
    while (read.at < end) instruction(read, calls);
    if (read.at !== end) throw new Error(`a function at ${begin} ends within an instruction`);
    return { begin, end, calls };
  });
}

function instruction(read, calls) {
  const code = read.byte();
  const begin = read.at;
  const count = numbersOf(code, read);
  if (count === undefined) throw new Error(`an unknown instruction, 0x${code.toString(16)}, before ${begin}`);
  if (code === CALL || code === REF_FUNC) calls.push({ begin, number: read.number(), end: read.at });
  else for (let i = 0; i < count; i++) read.number();
}

/** How many numbers are left of an instruction, after what is none. */
function numbersOf(code, read) {
  if (code === F32_CONST) read.at += 4;
  if (code === F64_CONST) read.at += 8;
  if (code === TRY_TABLE) catches(read);
  if (code === SELECT_OF_TYPE) return read.number();
  if (code === BR_TABLE) return read.number() + 1; // and where it leads otherwise
  return code === PREFIXED ? PREFIXED_NUMBERS[read.number()] : NUMBERS[code];
}

function catches(read) {
  read.number(); // the type of the block
  read.items(() => {
    const isOfTag = read.byte() < 2;
    if (isOfTag) read.number();
    read.number(); // where it leads
  });
}

function exported(read, numberOf) {
  let isFunction;
  const begin = read.passed(() => {
    read.text();
    isFunction = read.byte() === 0;
  });
  const number = read.number();
  return Buffer.concat([begin, leb128(isFunction ? numberOf(number) : number)]);
}

/** Functions in the table, from a constant place on: what a compiler of Rust writes. */
function element(read, numberOf) {
  const begin = read.passed(() => {
    const [flags, code] = [read.number(), read.byte()];
    read.number();
    if (flags !== 0 || code !== 0x41 || read.byte() !== 0x0b) throw new Error("an unknown kind of element");
  });
  return Buffer.concat([begin, list(numbers(read).map((number) => leb128(numberOf(number))))]);
}

function leb128(number) {
  const bytes = [];
  for (; number > 0x7f; number = Math.floor(number / 128)) bytes.push((number & 0x7f) | 0x80);
  return Buffer.of(...bytes, number);
}

const list = (items) => Buffer.concat([leb128(items.length), ...items]);
const sized = (bytes) => Buffer.concat([leb128(bytes.length), bytes]);
