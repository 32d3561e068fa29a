import { crc32 } from "node:zlib";

/** The Redis channel of a group. */
export function groupChannel(prefix: string, group: string): string {
  return `${prefix}__group__${group}`;
}

/** The group of a Redis channel; `undefined` when it is no group's. */
export function groupOfChannel(prefix: string, redisChannel: string): string | undefined {
  const start = groupChannel(prefix, "");
  return redisChannel.startsWith(start) ? redisChannel.slice(start.length) : undefined;
}

/**
 * Which of several hosts serves a Redis channel: the choice of the original, from 0.
 *
 * CRC32 of the whole name cut to 12 bits, and the 4096 results divided into ranges of equal size. Adding a host moves most
 * names, so all services list the same hosts in the same order.
 */
export function hostIndex(redisChannel: string, hostCount: number): number {
  return hostCount === 1 ? 0 : Math.floor((crc32(redisChannel) & 0xfff) / (4096 / hostCount));
}

const nodePattern = /^[0-9a-f]{16}$/;

/** A name for a node in channel names: 16 hexadecimal digits from the system's random source. */
export function newNodeHex(): string {
  return hex(crypto.getRandomValues(new Uint8Array(8)));
}

/**
 * Makes the names of one node's channels in the form of the original: `asgispecific.`, say, and 32 hexadecimal digits.
 *
 * The first 16 digits are the node's, so that one subscription of a pattern serves all of its channels; the rest is a number
 * that is never used again. To Django such a name is one like any other.
 */
export class SpecificNames {
  readonly #start: string;
  #last = 0;

  /** @param start what stands before the digits: the prefix of the layer and that of the channels. */
  constructor(start: string, nodeHex: string) {
    if (!nodePattern.test(nodeHex)) throw new TypeError("A node has 16 hexadecimal digits.");
    this.#start = start + nodeHex;
  }

  /** What to PSUBSCRIBE to on every host: the host of a name depends on all of it. */
  get pattern(): string {
    return `${this.#start.replace(/[\\*?[\]]/g, "\\$&")}*`;
  }

  /** The next name. */
  next(): string {
    this.#last += 1;
    return this.#start + this.#last.toString(16).padStart(16, "0");
  }

  /** Whether a channel is one of this node's, living or not. */
  owns(channel: string): boolean {
    return channel.startsWith(this.#start) && channel.length === this.#start.length + 16;
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
