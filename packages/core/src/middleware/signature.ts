import { SolentError } from "../errors/solent-error.ts";

/** A key to sign with: at least 32 bytes, from a random source. Text counts as its UTF-8 bytes. */
export type Secret = string | Uint8Array;

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const minSecretBytes = 32;
const maxSecrets = 8;
const algorithm = { name: "HMAC", hash: "SHA-256" };
const encoder = new TextEncoder();

/** Signs texts with HMAC-SHA-256, and verifies what it or an older secret signed. */
export class Signature {
  readonly #secrets: readonly Uint8Array<ArrayBuffer>[];
  #keys: Promise<Key[]> | undefined;

  /** @throws {SolentError} CONFIG_INVALID for a secret that is too short, or none. */
  constructor(secret: Secret | readonly Secret[]) {
    const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
    if (secrets.length === 0 || secrets.length > maxSecrets) {
      throw new SolentError("CONFIG_INVALID", {
        option: "secret",
        value: `a list of ${secrets.length}`,
        rule: `it is one secret, or 1 to ${maxSecrets}: the first signs, all verify`,
      });
    }
    this.#secrets = secrets.map(bytesOf);
  }

  /** The signature of `text` with the first secret. */
  async sign(text: string): Promise<Uint8Array> {
    const [key] = await this.#load();
    return new Uint8Array(await crypto.subtle.sign("HMAC", key as Key, encoder.encode(text)));
  }

  /** Whether any of the secrets made this signature of `text`. */
  async verify(text: string, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const bytes = encoder.encode(text);
    for (const key of await this.#load()) {
      // WebCrypto compares in constant time; how many secrets were tried is no secret.
      if (await crypto.subtle.verify("HMAC", key, signature, bytes)) return true;
    }
    return false;
  }

  #load(): Promise<Key[]> {
    return (this.#keys ??= Promise.all(
      this.#secrets.map((bytes) => crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"])),
    ));
  }
}

function bytesOf(secret: unknown): Uint8Array<ArrayBuffer> {
  // A copy: the caller may clear or reuse its own bytes.
  const bytes =
    typeof secret === "string"
      ? encoder.encode(secret)
      : secret instanceof Uint8Array
        ? new Uint8Array(secret)
        : undefined;
  if (bytes !== undefined && bytes.length >= minSecretBytes) return bytes;
  throw new SolentError("CONFIG_INVALID", {
    option: "secret",
    // A secret that is almost long enough must not be given away by the complaint about it.
    value: bytes === undefined ? `a value of type ${typeof secret}` : `${bytes.length} bytes long`,
    rule: `it is text or bytes, at least ${minSecretBytes} bytes from a random source`,
  });
}
