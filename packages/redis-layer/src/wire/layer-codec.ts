import { jsonCodec, type WireCodec } from "@solent/core/layer";
import { PayloadEncryption } from "./encryption.ts";
import { messagePackCodec } from "./message-pack-codec.ts";

/** How a layer writes its payloads; the same on all nodes. */
export interface PayloadOptions {
  readonly serializerFormat: "json" | "msgpack";
  /** The first key encrypts, all decrypt; none for clear payloads. */
  readonly symmetricEncryptionKeys: readonly string[];
}

/**
 * The codec of a layer; `undefined` for JSON in clear, which the core writes itself.
 *
 * @throws {SolentError} CONFIG_INVALID when a key is empty.
 */
export function layerCodec({ serializerFormat, symmetricEncryptionKeys }: PayloadOptions): WireCodec | undefined {
  const codec = serializerFormat === "msgpack" ? messagePackCodec : jsonCodec;
  if (symmetricEncryptionKeys.length === 0) return serializerFormat === "json" ? undefined : codec;
  const encryption = new PayloadEncryption(symmetricEncryptionKeys);
  return {
    encode: (value) => encryption.seal(codec.encode(value)),
    decode: (bytes) => codec.decode(encryption.open(bytes)),
  };
}
