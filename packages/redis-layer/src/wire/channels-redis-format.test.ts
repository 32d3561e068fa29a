import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ChannelsRedisFormat, type PoisonReason } from "./channels-redis-format.ts";
import { PayloadEncryption } from "./encryption.ts";

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"));
const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const plain = new ChannelsRedisFormat();
const json = new ChannelsRedisFormat({ serializer: "json" });
const sealed = new ChannelsRedisFormat({ encryption: new PayloadEncryption(["key-one-key-one", "older"]) });
const hello = { outcome: "message", type: "chat.message", fields: { text: "hi" } };

describe("ChannelsRedisFormat", () => {
  test("writes and reads MessagePack byte for byte as the original", () => {
    const captured = "82a474797065ac636861742e6d657373616765a474657874a26869";
    expect(hexOf(plain.encode("chat.message", { text: "hi" }))).toBe(captured);
    expect(plain.parse(hex(captured))).toEqual(hello);
  });

  test("writes and reads JSON byte for byte as the original", () => {
    const captured = '{"type": "chat.message", "text": "hi"}';
    expect(new TextDecoder().decode(json.encode("chat.message", { text: "hi" }))).toBe(captured);
    expect(json.parse(ascii(captured))).toEqual(hello);
    expect(json.parse(ascii('{"text":"hi","type":"chat.message"}'))).toEqual(hello);
  });

  test("reads what the original has encrypted, and encrypts what it writes", () => {
    const captured =
      "gAAAAABrAS-mJJRoB5AXgEReeLjmSBOMkgPIyiUv-4CkX4d-1J11vvDNhqEEkeNLnGWoOGYiNnGV2IWxQrnCDyKmUFp6CDQwTKCkCi8ckjAjXWyxWmta8Rw=";
    expect(sealed.parse(ascii(captured))).toEqual(hello);
    const payload = sealed.encode("chat.message", { text: "hi" });
    expect(payload.byteLength).toBe(captured.length);
    expect(sealed.parse(payload)).toEqual(hello);
  });

  test.each<[string, ChannelsRedisFormat, Uint8Array, PoisonReason]>([
    ["clear text where everybody encrypts", sealed, plain.encode("a.b", {}), "token"],
    ["a token of another key", sealed, new PayloadEncryption(["x"]).seal(plain.encode("a.b", {})), "token"],
    ["a token where nobody encrypts", plain, sealed.encode("a.b", {}), "malformed"],
    ["rubbish inside a good token", sealed, new PayloadEncryption(["older"]).seal(hex("c1")), "malformed"],
    ["a number as key, which stops every consumer of the original", plain, hex("82a474797065a1740102"), "nonTextKey"],
    ["a number as key further inside", plain, hex("82a474797065a174a161810102"), "nonTextKey"],
    ["a text", plain, hex("a174"), "notAMap"],
    ["a list", json, ascii("[]"), "notAMap"],
    ["bytes", plain, hex("c40101"), "notAMap"],
    ["null", json, ascii("null"), "notAMap"],
    ["a map without a type", plain, hex("80"), "noType"],
    ["a type that is only inherited", json, ascii('{"constructor": "x"}'), "noType"],
    ["a type that is no text", json, ascii('{"type": ["chat.message"]}'), "badType"],
    ["an empty type", json, ascii('{"type": ""}'), "badType"],
    ["an integer that JavaScript would round", json, ascii('{"type": "a.b", "id": 18446744073709551615}'), "malformed"],
    ["nothing", plain, new Uint8Array(), "malformed"],
  ])("tells %s to be poison, and why", (_what, format, payload, reason) => {
    expect(format.parse(payload)).toEqual({
      outcome: "poison",
      reason,
      detail: expect.stringMatching(/^(is|has|ends) /),
    });
  });

  test("never throws, whatever arrives", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        for (const format of [plain, json, sealed])
          expect(["message", "poison"]).toContain(format.parse(bytes).outcome);
      }),
    );
    expect(plain.parse(undefined as unknown as Uint8Array)).toMatchObject({ outcome: "poison", reason: "malformed" });
  });

  test("gives fields without the type, and no way to a prototype", () => {
    const named = json.parse(ascii('{"type": "a.b", "__proto__": {"x": 1}}'));
    expect(named.outcome === "message" && Object.getPrototypeOf(named.fields)).toBe(Object.prototype);
    const parsed = json.parse(ascii('{"type": "a.b", "constructor": 1}'));
    expect(parsed).toEqual({ outcome: "message", type: "a.b", fields: { constructor: 1 } });
  });

  test("refuses to send a field called type, and what the serializer cannot carry", () => {
    expect(() => plain.encode("a.b", { type: "c.d" })).toThrow("The value at type is there already.");
    expect(() => json.encode("a.b", { raw: new Uint8Array(1) })).toThrow("The value at raw is bytes");
  });
});
