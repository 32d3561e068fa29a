import { type BinaryLike, randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** What one guess costs (RFC 7914): 128 · N · r bytes of memory, p times over. */
export interface PasswordCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** What OWASP's list of 2024 recommends: 32 MiB, about a fifth of a second. */
export const defaultPasswordCost: PasswordCost = Object.freeze({ N: 2 ** 15, r: 8, p: 3 });

/** Thrown when so many wait for their password to be looked at that one more is not let in. */
export class PasswordsBusy extends Error {}

const atOnce = 4;
const maxWaiting = 50;
const saltBytes = 16;
const keyBytes = 32;

const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt);

/**
 * Digests of passwords, by scrypt. Each names its own cost, so that the cost may change and old ones still match.
 *
 * At most 4 are computed at a time and 50 wait: what comes beyond is refused with `PasswordsBusy`.
 */
export class Passwords {
  readonly #cost: PasswordCost;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(cost: PasswordCost) {
    this.#cost = cost;
  }

  /** What is kept of a password. @throws {PasswordsBusy} */
  async digest(password: string): Promise<string> {
    const { N, r, p } = this.#cost;
    const salt = randomBytes(saltBytes);
    const key = await this.#derive(password, salt, this.#cost);
    return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
  }

  /** Whether a digest is of this password. @throws {PasswordsBusy} */
  async matches(password: string, digest: string): Promise<boolean> {
    const [kind, N, r, p, salt = "", expected = ""] = digest.split("$");
    if (kind !== "scrypt") throw new Error("The database holds a password's digest of a kind that is not known.");
    const cost = { N: Number(N), r: Number(r), p: Number(p) };
    const key = await this.#derive(password, Buffer.from(salt, "base64url"), cost);
    const expectedKey = Buffer.from(expected, "base64url");
    return expectedKey.length === key.length && timingSafeEqual(expectedKey, key);
  }

  async #derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
    await this.#turn();
    try {
      // One keyboard writes an umlaut as one character, another as two (RFC 8265 section 4.2).
      return await derive(password.normalize("NFC"), salt, keyBytes, { ...cost, maxmem: 256 * cost.N * cost.r });
    } finally {
      // Whoever ends hands the place on, so nobody overtakes those who wait.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < atOnce) {
      this.#running++;
      return;
    }
    if (this.#waiting.length >= maxWaiting) throw new PasswordsBusy("Too many passwords wait to be looked at.");
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
