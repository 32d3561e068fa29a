import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

const emptyBlock = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** One direction of permessage-deflate (RFC 7692 section 7.2): what went before is the dictionary of what comes. */
export class DeflateWindow {
  readonly #keeps: boolean;
  readonly #bits: number;
  #past: Buffer = Buffer.alloc(0);

  /**
   * Made with nothing, it takes each message by itself.
   *
   * @param options `keeps`: whether it remembers messages that went before ("context takeover"). `bits`: the logarithm of
   * its size, 15 for 32 KiB.
   */
  constructor({ keeps = false, bits = 15 }: { keeps?: boolean; bits?: number } = {}) {
    this.#keeps = keeps;
    this.#bits = bits;
  }

  /** What a message is on the wire. */
  compress(message: Uint8Array): Buffer {
    const whole = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, ...this.#window() });
    this.#remember(message);
    return whole.subarray(0, whole.length - emptyBlock.length);
  }

  /** @throws where the bytes are no DEFLATE data. */
  decompress(bytes: Uint8Array): Buffer {
    const whole = Buffer.concat([bytes, emptyBlock]);
    const message = inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH, ...this.#window() });
    this.#remember(message);
    return message;
  }

  #window(): { windowBits: number; dictionary?: Buffer } {
    return { windowBits: this.#bits, ...(this.#past.length === 0 ? {} : { dictionary: this.#past }) };
  }

  #remember(message: Uint8Array): void {
    if (this.#keeps) this.#past = Buffer.concat([this.#past, message]).subarray(-(2 ** this.#bits));
  }
}
