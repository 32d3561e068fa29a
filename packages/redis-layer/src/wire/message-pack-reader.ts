import { maxWireDepth, WireRefusal } from "./codec.ts";

/**
 * Reads MessagePack that comes from outside.
 *
 * Of our own, since the library's decoder is made for friends: it makes room for as many items as a header of five bytes
 * promises, nests without a limit, takes broken UTF-8 for some text, drops a leading U+FEFF of a long one, and rounds large
 * integers. One field that stands there twice has its last value, as in Python.
 *
 * @throws {WireRefusal} when it is not exactly one value of those a codec knows.
 */
export function readMessagePack(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.left > 0) throw new WireRefusal("has bytes after its end");
  return value;
}

const ownField = { enumerable: true, configurable: true, writable: true };
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
// Beyond this the system's decoder is faster than a loop.
const shortText = 48;

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  value(depth: number): unknown {
    const head = this.#unsigned(1);
    if (head <= 0x7f) return head;
    if (head >= 0xe0) return head - 0x100;
    if (head <= 0x8f) return this.#map(head & 0x0f, depth);
    if (head <= 0x9f) return this.#array(head & 0x0f, depth);
    if (head <= 0xbf) return this.#text(head & 0x1f);
    if (head >= 0xca && head <= 0xd3) return this.#number(head);
    return this.#sized(head, depth);
  }

  #sized(head: number, depth: number): unknown {
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#unsigned(1 << (head - 0xc4)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#unsigned(1 << (head - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(2 << (head - 0xdc)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 << (head - 0xde)), depth);
      default:
        throw new WireRefusal("has an extension type, which is no plain value");
    }
  }

  #number(head: number): number {
    switch (head) {
      case 0xca:
        return finite(this.#view.getFloat32(this.#take(4)));
      case 0xcb:
        return finite(this.#view.getFloat64(this.#take(8)));
      case 0xcf:
        return this.#wide(this.#unsigned(4));
      case 0xd0:
        return this.#view.getInt8(this.#take(1));
      case 0xd1:
        return this.#view.getInt16(this.#take(2));
      case 0xd2:
        return this.#view.getInt32(this.#take(4));
      case 0xd3:
        return this.#wide(this.#view.getInt32(this.#take(4)));
      default:
        return this.#unsigned(1 << (head - 0xcc));
    }
  }

  #wide(high: number): number {
    // The sum may be rounded, but never into the range of what is exact.
    const integer = high * 2 ** 32 + this.#unsigned(4);
    if (!Number.isSafeInteger(integer)) throw new WireRefusal("has an integer that a number cannot hold exactly");
    return integer;
  }

  #array(count: number, depth: number): unknown[] {
    requireDepth(depth);
    const items: unknown[] = [];
    for (let i = 0; i < count; i += 1) items.push(this.value(depth + 1));
    return items;
  }

  #map(count: number, depth: number): Record<string, unknown> {
    requireDepth(depth);
    const record: Record<string, unknown> = {};
    for (let i = 0; i < count; i += 1) {
      const key = this.#key();
      const field = this.value(depth + 1);
      // Assigned, this one key would become the record's prototype.
      if (key === "__proto__") Object.defineProperty(record, key, { ...ownField, value: field });
      else record[key] = field;
    }
    return record;
  }

  #key(): string {
    const head = this.#unsigned(1);
    const isText = (head >= 0xa0 && head <= 0xbf) || (head >= 0xd9 && head <= 0xdb);
    if (!isText) throw new WireRefusal("has a key that is no text", { kind: "key" });
    const key = this.#text(head <= 0xbf ? head & 0x1f : this.#unsigned(1 << (head - 0xd9)));
    return key;
  }

  #text(length: number): string {
    const from = this.#take(length);
    if (length <= shortText) {
      let text = "";
      let at = from;
      for (; at < this.#at; at += 1) {
        const code = this.#view.getUint8(at);
        if (code >= 0x80) break;
        text += String.fromCharCode(code);
      }
      if (at === this.#at) return text;
    }
    try {
      return utf8.decode(this.#bytes.subarray(from, this.#at));
    } catch (cause) {
      throw new WireRefusal("has text that is not UTF-8", { cause });
    }
  }

  #binary(length: number): Uint8Array {
    const from = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(from, this.#at));
  }

  #unsigned(size: number): number {
    const at = this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    return size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  /** Moves on by `count` bytes; answers where they begin. */
  #take(count: number): number {
    const at = this.#at;
    if (count > this.left) throw new WireRefusal("ends before it is complete");
    this.#at += count;
    return at;
  }
}

function requireDepth(depth: number): void {
  if (depth >= maxWireDepth) throw new WireRefusal(`is deeper than ${maxWireDepth} levels`);
}

function finite(number: number): number {
  if (!Number.isFinite(number)) throw new WireRefusal(`has ${number}, which JSON cannot carry`);
  return number;
}
