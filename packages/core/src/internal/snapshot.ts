/**
 * What Solent remembers about a snapshot: its last encoding for the wire, and what that was made for.
 *
 * Mutable, owned by Solent, never seen by users.
 */
export interface SnapshotMemo {
  /** The message type `frame` was made for; `undefined` while nothing is remembered. */
  type: string | undefined;
  /** The lane of a shared connection `frame` was made for. */
  lane: number;
  /** The frame itself; opaque here. */
  frame: unknown;
  /** An upper bound of the snapshot's size in bytes. */
  readonly bytes: number;
  /** Whether a `Uint8Array` is somewhere in it, so that plain JSON cannot carry it. */
  readonly hasBinary: boolean;
}

/** Why a value cannot become a snapshot. */
export class SnapshotRefusal extends Error {
  /** The place inside the value: `"lines[2].at"`; `""` for the value itself. */
  readonly path: string;
  /** The rule that was broken. */
  readonly rule: string;
  /** The size that was reached, when the size is what was refused. */
  readonly bytes: number | undefined;

  constructor(path: string, rule: string, bytes?: number) {
    super(path === "" ? rule : `${path}: ${rule}`);
    this.name = "SnapshotRefusal";
    this.path = path;
    this.rule = rule;
    this.bytes = bytes;
  }
}

/** The limits of a snapshot. */
export interface SnapshotLimits {
  /** The largest size in bytes, as UTF-8 JSON; a `Uint8Array` counts its length. */
  readonly maxBytes: number;
  /** How many objects and arrays may stand inside each other. */
  readonly maxDepth: number;
  /** A key of the outermost record that is left out. */
  readonly without?: string;
}

/** 1 MiB, and 64 levels. */
export const snapshotDefaults: SnapshotLimits = Object.freeze({ maxBytes: 1 << 20, maxDepth: 64 });

type Plain = Record<string, unknown>;

// A constructor that hands back its argument, so that the class below can put a private field on a plain object.
const Adopt = function adopt(this: unknown, target: object): object {
  return target;
} as unknown as new (target: object) => object;

/**
 * The hidden slot. A private field is the only slot that a spread, `Object.create`, a proxy or a structured clone of a
 * snapshot does not carry along: a copy that the user changes must not find the encoding of the original.
 */
class Owned extends Adopt {
  #memo: SnapshotMemo;

  constructor(target: object, memo: SnapshotMemo) {
    super(target);
    this.#memo = memo;
  }

  static memoOf(this: void, value: object): SnapshotMemo | undefined {
    return #memo in value ? value.#memo : undefined;
  }
}

/** The memo of a snapshot; `undefined` for every object that Solent does not own. One property load. */
export const memoOf: (value: object) => SnapshotMemo | undefined = Owned.memoOf;

/**
 * Makes a deep-frozen copy of a record of plain JSON values and `Uint8Array`s, in one pass.
 *
 * Properties that are `undefined` are left out, as JSON does; symbol keys likewise. Bytes are copied, but the language
 * cannot freeze them. A value that is a snapshot already is returned as it is.
 *
 * @throws {SnapshotRefusal} for anything else, naming the place and the rule.
 */
export function snapshot(value: Readonly<Plain>, limits: SnapshotLimits = snapshotDefaults): Readonly<Plain> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !isPlain(value)) {
    throw new SnapshotRefusal("", "must be a record of fields");
  }
  const known = memoOf(value);
  if (
    known !== undefined &&
    known.bytes <= limits.maxBytes &&
    (limits.without === undefined || !(limits.without in value))
  ) {
    return value;
  }
  return new Copier(limits).record(value);
}

class Copier {
  readonly #limits: SnapshotLimits;
  // The containers around the one being copied and the keys that lead to it: finds cycles, names places.
  readonly #around: object[] = [];
  readonly #path: (string | number)[] = [];
  // What the JSON text has at most: six bytes a character (\\u0000), 25 a number.
  #atMost = 0;
  #hasBinary = false;

  constructor(limits: SnapshotLimits) {
    this.#limits = limits;
  }

  record(value: Readonly<Plain>): Readonly<Plain> {
    const copy = this.#object(value, this.#limits.without);
    // Nearly every message is surely small: only one near the limit is counted exactly.
    let bytes = this.#atMost;
    if (bytes > this.#limits.maxBytes) {
      bytes = exactBytes(copy);
      if (bytes > this.#limits.maxBytes) throw this.#tooLarge(bytes);
    }
    new Owned(copy, { type: undefined, lane: 0, frame: undefined, bytes, hasBinary: this.#hasBinary });
    return Object.freeze(copy);
  }

  #object(value: Plain, without: string | undefined): Plain {
    const copy: Plain = {};
    let count = 2;
    for (const key in value) {
      if (key === without || !Object.hasOwn(value, key)) continue;
      const field = this.#value(value[key], key);
      if (field === undefined) continue;
      count += 6 * key.length + 4;
      if (key === "__proto__") {
        Object.defineProperty(copy, key, { value: field, enumerable: true, configurable: true, writable: true });
      } else {
        copy[key] = field;
      }
    }
    this.#count(count);
    return copy;
  }

  #array(value: readonly unknown[]): readonly unknown[] {
    const copy: unknown[] = [];
    // Every item takes at least a digit and a comma.
    if (2 * value.length > this.#limits.maxBytes) throw this.#tooLarge(2 * value.length);
    this.#count(value.length + 2);
    for (let i = 0; i < value.length; i += 1) {
      const item = this.#value(value[i], i);
      if (item === undefined) throw this.#refusal(i, "is undefined, which JSON cannot carry inside an array");
      copy.push(item);
    }
    return Object.freeze(copy);
  }

  #value(value: unknown, key: string | number): unknown {
    switch (typeof value) {
      case "string":
        this.#count(6 * value.length + 2);
        return value;
      case "number":
        if (!Number.isFinite(value)) throw this.#refusal(key, `is ${value}, which JSON cannot carry`);
        this.#atMost += 25;
        // JSON has no negative zero: members on this node must not see what others cannot.
        return value + 0;
      case "boolean":
        this.#atMost += 5;
        return value;
      case "undefined":
        return undefined;
      case "object":
        if (value === null) {
          this.#atMost += 4;
          return null;
        }
        return this.#container(value, key);
      case "bigint":
      case "function":
      case "symbol":
        throw this.#refusal(key, `is a ${typeof value}, which cannot be sent`);
    }
  }

  #container(value: object, key: string | number): unknown {
    if (isBytes(value)) {
      this.#hasBinary = true;
      this.#count(value.byteLength + 2);
      return new Uint8Array(value);
    }
    if (this.#path.length + 1 >= this.#limits.maxDepth) {
      throw this.#refusal(key, `is deeper than ${this.#limits.maxDepth} levels`);
    }
    if (this.#around.includes(value)) throw this.#refusal(key, "is inside itself");
    this.#path.push(key);
    this.#around.push(value);
    let copy: unknown;
    if (Array.isArray(value)) copy = this.#array(value);
    else if (isPlain(value)) copy = Object.freeze(this.#object(value as Plain, undefined));
    else throw this.#refusal(undefined, `is ${article(value)}, and only plain JSON values and Uint8Array can be sent`);
    this.#around.pop();
    this.#path.pop();
    return copy;
  }

  #count(bytes: number): void {
    this.#atMost += bytes;
    // The bound is at most 13 times the truth (a one-digit number and its comma), so this is surely too large already.
    if (this.#atMost > 13 * this.#limits.maxBytes) throw this.#tooLarge(Math.ceil(this.#atMost / 13));
  }

  #refusal(key: string | number | undefined, rule: string): SnapshotRefusal {
    const path = key === undefined ? this.#path : [...this.#path, key];
    return new SnapshotRefusal(path.map(step).join(""), rule);
  }

  #tooLarge(bytes: number): SnapshotRefusal {
    return new SnapshotRefusal("", `is larger than ${this.#limits.maxBytes} bytes`, bytes);
  }
}

function step(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function isBytes(value: object): value is Uint8Array {
  return value instanceof Uint8Array;
}

// The second half accepts the records of another realm (a vm context, a frame), whose Object.prototype is not ours.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function article(value: object): string {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  if (typeof name !== "string" || name === "") return "an object of a class";
  return `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name}`;
}

const utf8 = new TextEncoder();

function exactBytes(value: unknown): number {
  if (typeof value === "string") return utf8.encode(JSON.stringify(value)).byteLength;
  if (typeof value !== "object" || value === null) return String(value).length;
  if (isBytes(value)) return value.byteLength;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const item of value) bytes += exactBytes(item) + 1;
    return bytes - Math.min(value.length, 1);
  }
  const fields = Object.entries(value);
  for (const [key, field] of fields) bytes += exactBytes(key) + exactBytes(field) + 2;
  return bytes - Math.min(fields.length, 1);
}
