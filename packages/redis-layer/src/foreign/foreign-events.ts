import { SolentError } from "@solent/core/errors";
import type { EventData, EventFormat } from "@solent/core/layer";
import { ChannelsRedisFormat } from "../wire/channels-redis-format.ts";
import { WireRefusal } from "../wire/codec.ts";
import { PayloadEncryption } from "../wire/encryption.ts";
import type { PayloadOptions } from "../wire/layer-codec.ts";

/**
 * Events as channels_redis writes them, for the hub.
 *
 * @throws {SolentError} CONFIG_INVALID when a key is empty.
 */
export function foreignEvents({ serializerFormat, symmetricEncryptionKeys: keys }: PayloadOptions): EventFormat {
  const encryption = keys.length === 0 ? undefined : new PayloadEncryption(keys);
  const format = new ChannelsRedisFormat({ serializer: serializerFormat, encryption });
  return {
    encode: (type, data) => encode(format, type, data),
    decode(bytes) {
      const message = format.parse(bytes);
      return message.outcome === "poison" ? undefined : { type: message.type, data: message.fields };
    },
  };
}

function encode(format: ChannelsRedisFormat, type: string, data: EventData): Uint8Array {
  try {
    return format.encode(type, data);
  } catch (error) {
    if (!(error instanceof WireRefusal)) throw error;
    const { path, rule } = error;
    throw new SolentError("EVENT_INVALID", { type, path, rule: `its data at .${path} ${rule}` }, { cause: error });
  }
}
