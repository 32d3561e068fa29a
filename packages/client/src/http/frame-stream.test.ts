import { describe, expect, test } from "vitest";
import type { StreamEvent } from "./event-stream.ts";
import { FrameReader } from "./frame-stream.ts";

// Byte by byte, as RFC 6455 section 5.2 draws it.
function frame(opcode: number, payload: string | readonly number[]): Uint8Array {
  const bytes = typeof payload === "string" ? [...new TextEncoder().encode(payload)] : [...payload];
  const { length } = bytes;
  const short = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : undefined;
  return Uint8Array.from([
    0x80 | opcode,
    ...(short ?? [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255]),
    ...bytes,
  ]);
}

function joined(frames: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(frames.flatMap((each) => [...each]));
}

const longest125 = "é".repeat(62) + "x";
const some: readonly Uint8Array[] = [
  frame(0xa, "padding"),
  frame(1, '{"id":"x"}'),
  frame(1, ""),
  frame(9, ""),
  frame(1, "\ufeff\r\n🌊"),
  frame(1, longest125),
  frame(2, [0, 255]),
  frame(1, "🌊".repeat(32)),
  frame(8, [0x11, 0x39, ..."replaced é".split("").flatMap((letter) => [...new TextEncoder().encode(letter)])]),
];
const meant: readonly StreamEvent[] = [
  { name: "pong", data: "" },
  { name: "open", data: '{"id":"x"}' },
  { name: "", data: "" },
  { name: "ping", data: "" },
  { name: "", data: "\ufeff\r\n🌊" },
  { name: "", data: longest125 },
  { name: "binary", data: "" },
  { name: "", data: "🌊".repeat(32) },
  { name: "close", data: '{"code":4409,"reason":"replaced é"}' },
];

describe("the frames of a stream", () => {
  test("are read whole however they are cut in two", () => {
    const bytes = joined(some);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const reader = new FrameReader();
      expect([...reader.read(bytes.subarray(0, cut)), ...reader.read(bytes.subarray(cut))]).toEqual(meant);
    }
  });

  test("are read whole when each byte comes alone", () => {
    const reader = new FrameReader();
    expect([...joined(some)].flatMap((byte) => reader.read(Uint8Array.of(byte)))).toEqual(meant);
  });

  test.each([125, 126, 65_535, 65_536, 100_000])("have lengths of each class: %i bytes", (length) => {
    const text = "x".repeat(length);
    const reader = new FrameReader();
    const bytes = joined([frame(1, "{}"), frame(1, text), frame(1, "next")]);
    const events = [0, 2, 3, 4, 5, 8, 14, length].flatMap((at, i, cuts) =>
      reader.read(bytes.subarray(at, cuts[i + 1])),
    );
    expect(events.map(({ data }) => data)).toEqual(["{}", text, "next"]);
  });

  test.each([
    ["a page of a proxy", "<!doctype html>"],
    ["a fragment", "\u0001\u0001x"],
  ])("are told from %s", (_, text) => {
    expect(() => new FrameReader().read(new TextEncoder().encode(text))).toThrow("no frame");
  });

  test("are told from masked ones", () => {
    expect(() => new FrameReader().read(Uint8Array.of(0x81, 0x80))).toThrow("no frame");
  });
});
