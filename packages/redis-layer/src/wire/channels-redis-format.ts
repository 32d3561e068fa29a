import { channelsRedisJsonCodec } from "./channels-redis-json.ts";
import { WireRefusal, type RefusalKind, type WireCodec } from "./codec.ts";
import type { PayloadEncryption } from "./encryption.ts";
import { messagePackCodec } from "./message-pack-codec.ts";

/** How the services that share Redis write their messages; all of them alike. */
export interface ChannelsRedisFormatOptions {
  /** The original's `serializer_format`. Its default and ours is `"msgpack"`; before 4.2.1 it knows nothing else. */
  readonly serializer?: "msgpack" | "json";
  /** The original's `symmetric_encryption_keys`. Before 4.2.1 its pub/sub layer takes them and sends clear text all the same. */
  readonly encryption?: PayloadEncryption | undefined;
}

/**
 * Why a message is poison: read by the original's own services, it would end every consumer it reaches.
 *
 * - `"token"`: it cannot be decrypted: in clear, of another key, or forged.
 * - `"malformed"`: what it holds is not exactly one value of this serializer, or one that JavaScript cannot hold.
 * - `"nonTextKey"`: a map in it has a key that is no text, which Python sends without complaint and refuses to receive.
 * - `"notAMap"`, `"noType"`, `"badType"`: it is a value, but no message.
 */
export type PoisonReason = "token" | "malformed" | "nonTextKey" | "notAMap" | "noType" | "badType";

/** What a payload holds. */
export type ChannelsRedisMessage =
  | { readonly outcome: "message"; readonly type: string; readonly fields: Readonly<Record<string, unknown>> }
  /** `detail` is for a log: a clause that holds nothing of the payload. */
  | { readonly outcome: "poison"; readonly reason: PoisonReason; readonly detail: string };

const reasons: Readonly<Record<RefusalKind, PoisonReason>> = {
  malformed: "malformed",
  key: "nonTextKey",
  token: "token",
};

/**
 * Writes and reads messages as `RedisPubSubChannelLayer` of channels_redis 4 does, byte for byte.
 *
 * A payload is the message's map alone, `type` among its fields: without sender, id, position or channel name.
 */
export class ChannelsRedisFormat {
  readonly #codec: WireCodec;
  readonly #encryption: PayloadEncryption | undefined;

  constructor(options: ChannelsRedisFormatOptions = {}) {
    this.#codec = options.serializer === "json" ? channelsRedisJsonCodec : messagePackCodec;
    this.#encryption = options.encryption;
  }

  /**
   * The payload of a message: `type`, then the fields in their order.
   *
   * @throws {WireRefusal} when a field cannot be carried, or is called `type`.
   */
  encode(type: string, fields: Readonly<Record<string, unknown>>): Uint8Array {
    if (Object.hasOwn(fields, "type")) throw new WireRefusal("is there already", { path: "type" });
    const bytes = this.#codec.encode({ type, ...fields });
    return this.#encryption?.seal(bytes) ?? bytes;
  }

  /** Reads a payload. Never throws: it comes from outside. */
  parse(payload: Uint8Array): ChannelsRedisMessage {
    try {
      return message(this.#codec.decode(this.#encryption?.open(payload) ?? payload));
    } catch (error) {
      if (error instanceof WireRefusal) return poison(reasons[error.kind], error.rule);
      // Nobody's message may end the loop that reads everybody's.
      return poison("malformed", "cannot be read");
    }
  }
}

function message(value: unknown): ChannelsRedisMessage {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) {
    return poison("notAMap", "is no map");
  }
  if (!Object.hasOwn(value, "type")) return poison("noType", "has no type");
  const { type, ...fields } = value as Record<string, unknown>;
  if (typeof type !== "string" || type === "") return poison("badType", "has a type that is no text, or an empty one");
  return { outcome: "message", type, fields };
}

function poison(reason: PoisonReason, detail: string): ChannelsRedisMessage {
  return { outcome: "poison", reason, detail };
}
