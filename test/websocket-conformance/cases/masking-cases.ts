import { type Case, type Drive, only, type Section } from "../conformance-case.ts";
import { bytesOf, textOf } from "./length-cases.ts";

const rule = "6455 §5.1, §5.3";
const failed = only("close 1002");

const keys: readonly (readonly [name: string, key: readonly [number, number, number, number]])[] = [
  ["of zeros", [0, 0, 0, 0]],
  ["of ones", [0xff, 0xff, 0xff, 0xff]],
  ["whose bytes are all different", [0x12, 0x34, 0x56, 0x78]],
  ["with a zero in each place but the last", [0, 0, 0, 0x9c]],
  ["with a zero in the last place", [0xa5, 0x5a, 0x01, 0]],
  ["that is ASCII", [0x61, 0x62, 0x63, 0x64]],
];

/** Sends texts and bytes of 0 to 17 bytes, so that each key ends at each of its bytes. */
function masks(maskKey: Uint8Array): Drive {
  return async (talk) => {
    for (let size = 0; size < 18; size++) {
      talk.write(talk.message(textOf(size), { maskKey }), talk.message(bytesOf(size), { maskKey }));
    }
    await talk.heard(36);
  };
}

const masked: readonly Case[] = [
  ...keys.map(([name, key]): Case => ({
    name: `A key ${name}, on texts and bytes of 0 to 17 bytes`,
    rule,
    allows: only("echo ×36, open"),
    drives: [masks(Uint8Array.from(key))],
  })),
  {
    name: "Each of 256 keys in turn, on one connection",
    rule,
    allows: only("echo ×256, open"),
    drives: [
      async (talk) => {
        for (let byte = 0; byte < 256; byte++) {
          const maskKey = Uint8Array.of(byte, 255 - byte, (byte * 7) & 255, (byte * 13) & 255);
          talk.write(talk.message(bytesOf(byte), { maskKey }));
        }
        await talk.heard(256);
      },
    ],
  },
  {
    name: "A payload that is its key, so that zeros are on the wire",
    rule,
    allows: only("echo, open"),
    drives: [
      async (talk) => {
        talk.write(talk.message("maskmask", { maskKey: Buffer.from("mask") }));
        await talk.heard(1);
      },
    ],
  },
  {
    name: "Fragments with a key each",
    rule,
    allows: only("echo, open"),
    drives: [
      async (talk) => {
        talk.expects("one two three");
        talk.write(
          talk.frame({ opcode: 1, fin: false, payload: "one ", maskKey: Uint8Array.of(1, 2, 3, 4) }),
          talk.frame({ opcode: 0, fin: false, payload: "two ", maskKey: Uint8Array.of(0, 0, 0, 0) }),
          talk.frame({ opcode: 0, payload: "three", maskKey: Uint8Array.of(0xff, 9, 0xff, 9) }),
        );
        await talk.heard(1);
      },
    ],
  },
];

const unmasked: readonly Case[] = [
  ...(
    [
      ["A text", 1],
      ["Bytes", 2],
      ["A ping", 9],
      ["A pong", 10],
    ] as const
  ).map(([name, opcode]): Case => ({
    name: `${name} without a mask, with a payload and without`,
    rule,
    allows: failed,
    drives: ["hello", ""].map((payload) => (talk) => talk.write(talk.frame({ opcode, payload, isMasked: false }))),
  })),
  {
    name: "A close frame without a mask, with a code and without",
    rule,
    allows: failed,
    drives: [Buffer.from([3, 232]), ""].map(
      (payload) => (talk) => talk.write(talk.frame({ opcode: 8, payload, isMasked: false })),
    ),
  },
  {
    name: "A last fragment without a mask behind a masked one",
    rule,
    allows: failed,
    drives: [
      (talk) =>
        talk.write(
          talk.frame({ opcode: 1, fin: false, payload: "a" }),
          talk.frame({ opcode: 0, payload: "b", isMasked: false }),
        ),
    ],
  },
  {
    name: "A text without a mask behind a good one, in one packet",
    rule,
    allows: only("echo, close 1002"),
    drives: [(talk) => talk.write(talk.message("good"), talk.frame({ opcode: 1, payload: "bad", isMasked: false }))],
  },
];

export const masking: Section = { title: "Masking", cases: [...masked, ...unmasked] };
