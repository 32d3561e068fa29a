import { createHmac } from "node:crypto";
import type { Limiter, Limiters } from "./limiters.ts";

/** Whose attempt it is. */
export interface Attempt {
  /** The key of the name: every spelling counts as one. */
  readonly name: string;
  readonly address: string;
}

const failuresSeconds = 15 * 60;
const failuresOfNameAndAddress = 10;
const failuresOfAddress = 50;

/** Counters that one limiter has at most. */
const counters = 2 ** 14;

/** What the limits are made of. */
export interface SignInLimitsParts {
  readonly limiters: Limiters;
  readonly signUpsPerHour: number;
  /** Decides who shares a counter: the same for all nodes, and nobody else's business. */
  readonly secret: string;
}

/**
 * How often one may try to sign in, and make accounts.
 *
 * Each limit has at most 16,384 counters. Which of them a name or an address gets is secret; the few that happen to get
 * the same one share it. So a flood of addresses neither fills the memory nor makes the server forget what it counted.
 */
export class SignInLimits {
  readonly #salt: Uint8Array;
  readonly #byNameAndAddress: Limiter;
  readonly #byAddress: Limiter;
  readonly #signUps: Limiter;

  constructor({ limiters, signUpsPerHour, secret }: SignInLimitsParts) {
    this.#salt = createHmac("sha256", secret).update("sign-in limits").digest();
    const { make } = limiters;
    this.#byNameAndAddress = make({ name: "name", points: failuresOfNameAndAddress, duration: failuresSeconds });
    this.#byAddress = make({ name: "address", points: failuresOfAddress, duration: failuresSeconds });
    this.#signUps = make({ name: "signUp", points: signUpsPerHour, duration: 60 * 60 });
  }

  /**
   * Counts an attempt, before it is known how it ends: many at a time are no way around the limit.
   *
   * @returns 0, or how many milliseconds to wait; then it was not counted.
   */
  async begin(attempt: Attempt): Promise<number> {
    const waitMs = await Promise.all([
      take(this.#byNameAndAddress, this.#nameAndAddress(attempt)),
      take(this.#byAddress, this.#counterOf(attempt.address)),
    ]);
    const longestMs = Math.max(...waitMs);
    if (longestMs > 0) await this.giveBack(attempt);
    return longestMs;
  }

  /** Uncounts an attempt that did not get as far as its password. */
  async giveBack(attempt: Attempt): Promise<void> {
    await this.#byNameAndAddress.reward(this.#nameAndAddress(attempt));
    await this.#byAddress.reward(this.#counterOf(attempt.address));
  }

  /** Uncounts an attempt whose password was right, and forgets the failures before it. */
  async succeed(attempt: Attempt): Promise<void> {
    await this.#byNameAndAddress.delete(this.#nameAndAddress(attempt));
    await this.#byAddress.reward(this.#counterOf(attempt.address));
  }

  /** Counts an account that is made. @returns 0, or how many milliseconds to wait. */
  async signUp(address: string): Promise<number> {
    return take(this.#signUps, this.#counterOf(address));
  }

  #nameAndAddress({ name, address }: Attempt): number {
    return this.#counterOf(`${address} ${name}`);
  }

  #counterOf(text: string): number {
    return createHmac("sha256", this.#salt).update(text).digest().readUInt32BE(0) % counters;
  }
}

async function take(from: Limiter, counter: number): Promise<number> {
  const { consumedPoints, msBeforeNext } = await from.penalty(counter);
  return consumedPoints > from.points ? Math.max(1, msBeforeNext) : 0;
}
