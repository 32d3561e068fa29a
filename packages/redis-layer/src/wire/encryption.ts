import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";
import { SolentError } from "@solent/core/errors";
import { fromBase64, toBase64 } from "./base64.ts";
import { WireRefusal } from "./codec.ts";
import { textBytes } from "./json-text.ts";

// A Fernet token, before base64: version, time, initialisation vector, ciphertext of at least a block, signature.
const version = 0x80;
const vectorAt = 9;
const blockBytes = 16;
const ciphertextAt = vectorAt + blockBytes;
const signatureBytes = 32;
const leastBytes = ciphertextAt + blockBytes + signatureBytes;

interface FernetKey {
  readonly sign: KeyObject;
  readonly encrypt: KeyObject;
}

/**
 * Encrypts payloads as Fernet tokens, the form of channels_redis: AES-128-CBC, then HMAC-SHA256 over everything.
 *
 * The first key seals, all of them open: to rotate, give every node the new key behind the old one, then in front of it,
 * then alone. A key is any text; the original derives its two halves from the text's SHA-256, which is no defence against
 * guessing, so take a long random one.
 *
 * It hides and authenticates payloads from whoever can read or write in Redis without a key. It does not hide the names of
 * channels and groups, the times, the sizes, and who talks when; it does not stop a token from being sent again, later or to
 * another group; and all who have a key can read and forge alike. No token is ever too old.
 */
export class PayloadEncryption {
  readonly #keys: readonly FernetKey[];
  readonly #first: FernetKey;

  /** @throws {SolentError} CONFIG_INVALID when there is no key, or an empty one. */
  constructor(keys: readonly string[]) {
    requireKeys(keys);
    this.#keys = keys.map(fernetKey);
    this.#first = this.#keys[0] as FernetKey; // requireKeys has seen it
  }

  /** Encrypts with the first key. The token is ASCII, a third longer than `bytes` and about a hundred bytes more. */
  seal(bytes: Uint8Array): Uint8Array {
    const { sign, encrypt } = this.#first;
    const head = new Uint8Array(ciphertextAt);
    head[0] = version;
    new DataView(head.buffer).setBigUint64(1, BigInt(Math.floor(Date.now() / 1000)));
    const vector = randomBytes(blockBytes);
    head.set(vector, vectorAt);
    const cipher = createCipheriv("aes-128-cbc", encrypt, vector);
    const signed = joined([head, cipher.update(bytes), cipher.final()]);
    return textBytes(toBase64(joined([signed, signature(sign, signed)]), "base64url"));
  }

  /**
   * Decrypts what one of the keys has sealed. The signature is checked first, in constant time.
   *
   * @throws {WireRefusal} of kind "token" when it is no token, was changed on the way, or is of another key.
   */
  open(token: Uint8Array): Uint8Array {
    const bytes = fromBase64(latin1.decode(token), "base64url");
    if (bytes === undefined || bytes[0] !== version) throw refusal("is not encrypted: it is no Fernet token");
    if (bytes.byteLength < leastBytes || (bytes.byteLength - leastBytes) % blockBytes !== 0) {
      throw refusal("is a Fernet token that was cut short");
    }
    const signed = bytes.subarray(0, -signatureBytes);
    const claimed = bytes.subarray(-signatureBytes);
    const key = this.#keys.find(({ sign }) => timingSafeEqual(signature(sign, signed), claimed));
    if (key === undefined) throw refusal("is a Fernet token of another key, or was changed on the way");
    const decipher = createDecipheriv("aes-128-cbc", key.encrypt, signed.subarray(vectorAt, ciphertextAt));
    try {
      return joined([decipher.update(signed.subarray(ciphertextAt)), decipher.final()]);
    } catch (cause) {
      throw refusal("is a Fernet token whose padding is wrong, although its signature is right", cause);
    }
  }
}

const latin1 = new TextDecoder("latin1");

function requireKeys(keys: readonly string[]): void {
  const isList = Array.isArray(keys);
  const broken = isList ? keys.findIndex((key) => typeof key !== "string" || key === "") : -1;
  if (isList && keys.length > 0 && broken === -1) return;
  // A key never appears in an error.
  const value = isList ? `a list of ${keys.length}` : `a value of type ${typeof keys}`;
  const which = broken === -1 ? "" : `; the one at ${broken} is not`;
  throw new SolentError("CONFIG_INVALID", {
    option: "encryptionKeys",
    value,
    rule: `it is a list of at least one text that is not empty${which}`,
  });
}

function fernetKey(key: string): FernetKey {
  const digest = createHash("sha256").update(key, "utf8").digest();
  return { sign: createSecretKey(digest.subarray(0, 16)), encrypt: createSecretKey(digest.subarray(16)) };
}

function signature(key: KeyObject, signed: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(signed).digest();
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

function refusal(rule: string, cause?: unknown): WireRefusal {
  return new WireRefusal(rule, { kind: "token", cause });
}
