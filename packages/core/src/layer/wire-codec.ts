/**
 * How a layer writes values for other nodes, instead of JSON: another format, or encrypted.
 *
 * All nodes of a deployment have the same one; what another wrote is counted as malformed.
 */
export interface WireCodec {
  /** Writes null, booleans, numbers, texts, `Uint8Array`s, and lists and records of them. */
  encode(value: unknown): Uint8Array;
  /**
   * Reads what `encode` wrote.
   *
   * @throws {Error} when the bytes are anything else.
   */
  decode(bytes: Uint8Array): unknown;
}
