import { createCipheriv, createHash, createHmac } from "node:crypto";
import { SolentError } from "@solent/core/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { WireRefusal } from "./codec.ts";
import { PayloadEncryption } from "./encryption.ts";

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

// Captured from channels_redis; what it holds is { type: "chat.message", text: "hi" } as MessagePack.
const captured =
  "gAAAAABrAS-mJJRoB5AXgEReeLjmSBOMkgPIyiUv-4CkX4d-1J11vvDNhqEEkeNLnGWoOGYiNnGV2IWxQrnCDyKmUFp6CDQwTKCkCi8ckjAjXWyxWmta8Rw=";
const capturedBytes = "82a474797065ac636861742e6d657373616765a474657874a26869";

function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof WireRefusal && error.kind === "token") return error.rule;
    throw error;
  }
  throw new Error("expected a refusal");
}

/** A token with a right signature over any content, as only who has the key can make it. */
function signed(key: string, content: Uint8Array): Uint8Array {
  const mac = createHmac("sha256", createHash("sha256").update(key).digest().subarray(0, 16)).update(content).digest();
  return ascii(padded(Buffer.concat([content, mac])));
}

describe("PayloadEncryption", () => {
  test("opens a token of the original", () => {
    const payload = new PayloadEncryption(["key-one-key-one"]).open(ascii(captured));
    expect(Buffer.from(payload).toString("hex")).toBe(capturedBytes);
  });

  test("gives back any bytes", () => {
    const encryption = new PayloadEncryption(["first", "schlüssel"]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500, size: "max" }), (bytes) => {
        const token = encryption.seal(bytes);
        expect(textOf(token)).toMatch(/^gAAAAA[\w-]+={0,2}$/);
        expect(encryption.open(token)).toStrictEqual(bytes);
      }),
    );
  });

  test("never makes the same token twice", () => {
    const encryption = new PayloadEncryption(["key"]);
    expect(textOf(encryption.seal(ascii("same")))).not.toBe(textOf(encryption.seal(ascii("same"))));
  });

  test("writes the time of sealing into the token, in whole seconds", () => {
    const before = Math.floor(Date.now() / 1000);
    const token = Buffer.from(textOf(new PayloadEncryption(["key"]).seal(ascii("x"))), "base64url");
    const sealedAt = Number(token.readBigUInt64BE(1));
    expect(sealedAt).toBeGreaterThanOrEqual(before);
    expect(sealedAt).toBeLessThanOrEqual(Date.now() / 1000);
  });

  test("rotates keys without a moment in which nodes do not understand each other", () => {
    const steps = [["old"], ["old", "new"], ["new", "old"], ["new"]].map((keys) => new PayloadEncryption(keys));
    for (const [i, step] of steps.entries()) {
      for (const other of steps.slice(Math.max(0, i - 1), i + 2)) {
        expect(textOf(other.open(step.seal(ascii("hello"))))).toBe("hello");
      }
    }
    expect(refusalOf(() => steps[3]!.open(steps[0]!.seal(ascii("hello"))))).toContain("of another key");
  });

  test("opens nothing in which a single bit was changed", () => {
    const encryption = new PayloadEncryption(["key"]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), (bytes, bit) => {
        const token = Buffer.from(textOf(encryption.seal(bytes)), "base64url");
        const at = bit % (8 * token.length);
        token[at >> 3]! ^= 1 << (at & 7);
        refusalOf(() => encryption.open(ascii(padded(token))));
      }),
    );
  });

  test.each([
    ["clear text", ascii("hello"), "no Fernet token"],
    ["MessagePack in clear", new Uint8Array(Buffer.from(capturedBytes, "hex")), "no Fernet token"],
    ["nothing", new Uint8Array(), "no Fernet token"],
    ["a token without its padding", ascii(captured.slice(0, -1)), "no Fernet token"],
    ["a token with a blank in it", ascii(captured.replace("-", " ")), "no Fernet token"],
    ["a token of another version", ascii(`hAAA${captured.slice(4)}`), "no Fernet token"],
    ["the start of a token", ascii(captured.slice(0, 96)), "cut short"],
    ["a token that ends inside a block", ascii(captured.slice(0, 100)), "cut short"],
    ["a token without its signature", ascii(captured.slice(0, 64)), "cut short"],
    ["a version byte alone", ascii("gA=="), "cut short"],
  ])("refuses %s", (_what, token, rule) => {
    expect(refusalOf(() => new PayloadEncryption(["key-one-key-one"]).open(token))).toContain(rule);
  });

  test("refuses a token whose signature is right and whose padding is not", () => {
    const head = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(8), Buffer.alloc(16)]);
    const cipher = createCipheriv(
      "aes-128-cbc",
      createHash("sha256").update("key").digest().subarray(16),
      Buffer.alloc(16),
    );
    cipher.setAutoPadding(false);
    const content = Buffer.concat([head, cipher.update(Buffer.alloc(16)), cipher.final()]);
    expect(refusalOf(() => new PayloadEncryption(["key"]).open(signed("key", content)))).toContain("padding is wrong");
  });

  test.each([
    ["no keys", []],
    ["an empty key", ["good", ""]],
    ["a single text instead of a list", "secret"],
    ["something else", [1]],
    ["nothing", undefined],
  ])("refuses %s, and shows no key", (_what, keys) => {
    let error: unknown;
    try {
      new PayloadEncryption(keys as string[]);
    } catch (caught) {
      error = caught;
    }
    expect(SolentError.is(error, "CONFIG_INVALID")).toBe(true);
    expect((error as Error).message).not.toMatch(/good|secret/);
    expect((error as Error).message).toMatch(/"encryptionKeys".*at least one text that is not empty/);
  });
});

function padded(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("base64url");
  return text.padEnd(4 * Math.ceil(text.length / 4), "=");
}
