import { constants, deflateRawSync, inflateRawSync } from "node:zlib";

const emptyBlock = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const windowBytes = 32_768;

/** One direction of permessage-deflate (RFC 7692 section 7.2): what went before is the dictionary of what comes. */
export class DeflateWindow {
  readonly #keeps: boolean;
  #past: Buffer = Buffer.alloc(0);

  /** @param keeps Whether it remembers messages that went before ("context takeover"). */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** What a message is on the wire. */
  compress(message: Uint8Array): Buffer {
    const whole = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH, ...this.#dictionary() });
    this.#remember(message);
    return whole.subarray(0, whole.length - emptyBlock.length);
  }

  /** @throws where the bytes are no DEFLATE data. */
  decompress(bytes: Uint8Array): Buffer {
    const whole = Buffer.concat([bytes, emptyBlock]);
    const message = inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH, ...this.#dictionary() });
    this.#remember(message);
    return message;
  }

  #dictionary(): { dictionary?: Buffer } {
    return this.#past.length === 0 ? {} : { dictionary: this.#past };
  }

  #remember(message: Uint8Array): void {
    if (this.#keeps) this.#past = Buffer.concat([this.#past, message]).subarray(-windowBytes);
  }
}
