/**
 * Turns values into bytes and back: one way to write what travels through Redis.
 *
 * A value is `null`, a boolean, a finite number, a text, an array, a plain record with text keys, or a `Uint8Array`, nested
 * at most `maxWireDepth` deep. A record's fields that are `undefined` are left out, as JSON does; negative zero becomes zero.
 * Every codec refuses NaN and the infinities, which JSON does not have. A key `__proto__` is a field like any other. What decoding gives belongs to the caller and shares no memory with `bytes`.
 */
export interface WireCodec {
  /** Its name in options and logs: `"msgpack"`, `"json"`. */
  readonly name: string;
  /** @throws {WireRefusal} when `value` is none, naming the place and the rule. */
  encode(value: unknown): Uint8Array;
  /** @throws {WireRefusal} when `bytes` are not exactly one value, or one that would lose something on the way. */
  decode(bytes: Uint8Array): unknown;
}

/** What a refusal is about: the bytes or values themselves, a key that is no text, or the encryption around them. */
export type RefusalKind = "malformed" | "key" | "token";

/** Why something cannot be encoded or decoded. Its text never contains a payload. */
export class WireRefusal extends Error {
  /** The rule that was broken, as the end of a sentence. */
  readonly rule: string;
  /** The place inside the value: `"lines[2].at"`; `""` for the value itself, and always when decoding MessagePack. */
  readonly path: string;
  readonly kind: RefusalKind;

  constructor(
    rule: string,
    about: { readonly path?: string; readonly kind?: RefusalKind; readonly cause?: unknown } = {},
  ) {
    const { path = "", kind = "malformed", cause } = about;
    super(path === "" ? `The value ${rule}.` : `The value at ${path} ${rule}.`, { cause });
    this.name = "WireRefusal";
    this.rule = rule;
    this.path = path;
    this.kind = kind;
  }
}

/** How many arrays and records may stand inside each other: more than an event and what is put around it ever need. */
export const maxWireDepth = 100;

/** What one codec takes and another does not. */
export interface WireRules {
  /** Whether it can carry bytes. */
  readonly allowsBytes: boolean;
  /** Whether it can carry half of a surrogate pair, for which UTF-8 has no form. */
  readonly allowsLoneSurrogates: boolean;
}

/**
 * Checks that a value can be written.
 *
 * @returns whether bytes are somewhere in it.
 * @throws {WireRefusal} naming the place and the rule.
 */
export function requireWireValue(value: unknown, rules: WireRules): boolean {
  const check = new Check(rules);
  check.value(value);
  return check.hasBytes;
}

const loneSurrogate = /\p{Surrogate}/u;

class Check {
  hasBytes = false;
  readonly #rules: WireRules;
  readonly #path: (string | number)[] = [];

  constructor(rules: WireRules) {
    this.#rules = rules;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "boolean":
        return;
      case "string":
        this.#text(value);
        return;
      case "number":
        if (!Number.isFinite(value)) throw this.#refusal(`is ${value}, which JSON cannot carry`);
        return;
      case "object":
        if (value !== null) this.#container(value);
        return;
      default:
        throw this.#refusal(`is ${value === undefined ? "undefined" : `a ${typeof value}`}, which cannot be sent`);
    }
  }

  #container(value: object): void {
    if (value instanceof Uint8Array) {
      if (!this.#rules.allowsBytes) throw this.#refusal("is bytes, which this format cannot carry");
      this.hasBytes = true;
    } else if (this.#path.length >= maxWireDepth) {
      // Finds what contains itself as well.
      throw this.#refusal(`is deeper than ${maxWireDepth} levels`);
    } else if (Array.isArray(value)) {
      this.#array(value);
    } else if (isPlain(value)) {
      this.#record(value as Record<string, unknown>);
    } else {
      throw this.#refusal("is an object of a class, and only plain values and Uint8Array can be sent");
    }
  }

  #array(value: readonly unknown[]): void {
    const depth = this.#path.length;
    for (let i = 0; i < value.length; i += 1) {
      this.#path[depth] = i;
      this.value(value[i]);
    }
    this.#path.length = depth;
  }

  #record(value: Record<string, unknown>): void {
    const depth = this.#path.length;
    for (const key of Object.keys(value)) {
      const field = value[key];
      if (field === undefined) continue;
      this.#path[depth] = key;
      this.#text(key);
      this.value(field);
    }
    this.#path.length = depth;
  }

  #text(text: string): void {
    if (!this.#rules.allowsLoneSurrogates && loneSurrogate.test(text)) {
      throw this.#refusal("has half of a surrogate pair, which UTF-8 cannot carry");
    }
  }

  #refusal(rule: string): WireRefusal {
    return new WireRefusal(rule, { path: this.#path.map(step).join("").replace(/^\./, "") });
  }
}

function step(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

// The second half accepts the records of another realm, whose Object.prototype is not ours.
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}
