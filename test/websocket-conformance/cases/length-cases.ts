import { type Case, choice, lenient, only, type Section } from "../conformance-case.ts";
import { rawFrame } from "../raw-frame.ts";
import type { Message } from "../subject.ts";

const rule = "6455 §5.2";
const limit = 1_048_576;
const tooLong = only("close 1009");

/** A text of some bytes, of which no two neighbours are the same. */
export function textOf(size: number): string {
  return "0123456789abcdefghijklmnopqrstuvwxyz".repeat(Math.ceil(size / 36)).slice(0, size);
}

/** Bytes that repeat after a prime number of them: a piece that is lost or doubled shows. */
export function bytesOf(size: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, index) => index % 251));
}

const bytesInWords = (size: number): string => (size === 1 ? "1 byte" : `${size.toLocaleString("en")} bytes`);
const formOf = (size: number): string => (size < 126 ? "7 bits" : size < 65_536 ? "16 bits" : "64 bits");

const sizes = [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, limit].flatMap((size): Case[] =>
  (["text", "binary"] as const).map((kind) => ({
    name: `${kind === "text" ? "A text" : "Data"} of ${bytesInWords(size)}, the length in ${formOf(size)}${size === limit ? "; it is the limit" : ""}`,
    rule,
    allows: only("echo, open"),
    drives: [
      async (talk) => {
        talk.write(talk.message(kind === "text" ? textOf(size) : bytesOf(size)));
        await talk.heard(1);
      },
    ],
  })),
);

/** Lengths in more bytes than they need. */
const longForms = (
  [
    [0, 16],
    [5, 16],
    [125, 16],
    [0, 64],
    [5, 64],
    [126, 64],
    [65_535, 64],
  ] as const
).map(([size, form]): Case => ({
  name: `A text of ${bytesInWords(size)}, the length in ${form} bits, which is more than it needs`,
  rule,
  allows: lenient("close 1002", {
    seen: "echo, open",
    why: "`ws` takes a length in more bytes than it needs. The RFC binds who writes it; what it means is plain.",
  }),
  drives: [
    async (talk) => {
      talk.write(talk.message(textOf(size), { lengthForm: form }));
      await talk.heard(1);
    },
  ],
}));

/** Heads that announce more than will come. */
const announced = (
  [
    ["2^31 bytes", 2n ** 31n],
    ["2^32 + 5 bytes, of which the last 32 bits say 5", 2n ** 32n + 5n],
    ["2^53 bytes", 2n ** 53n],
    ["2^63 - 1 bytes", 2n ** 63n - 1n],
  ] as const
).map(([name, declaredLength]): Case => ({
  name: `The head of a text of ${name}`,
  rule: "6455 §10.4",
  allows: tooLong,
  drives: [(talk) => talk.write(talk.frame({ opcode: 1, payload: "hello", lengthForm: 64, declaredLength }))],
}));

const overTheLimit: readonly Case[] = [
  {
    name: "One byte more than the limit, text and binary",
    rule: "6455 §10.4",
    allows: tooLong,
    drives: ([textOf(limit + 1), bytesOf(limit + 1)] satisfies Message[]).map(
      (payload) => (talk) => talk.write(talk.frame({ opcode: typeof payload === "string" ? 1 : 2, payload })),
    ),
  },
  {
    name: "The head alone of one byte more than the limit",
    rule: "6455 §10.4",
    allows: tooLong,
    drives: [(talk) => talk.write(rawFrame({ opcode: 1, declaredLength: BigInt(limit + 1) }))],
  },
  {
    name: "The first bit of a length of 64 bits set",
    rule,
    allows: choice("close 1009", "close 1002"),
    drives: [0n, 5n, 2n ** 63n - 1n].map(
      (low) => (talk) =>
        talk.write(talk.frame({ opcode: 2, payload: "hello", lengthForm: 64, declaredLength: 2n ** 63n + low })),
    ),
  },
];

const many: readonly Case[] = [
  {
    name: "500 texts of 0 to 499 bytes in one packet",
    rule,
    allows: only("echo ×500, open"),
    drives: [
      async (talk) => {
        talk.write(...Array.from({ length: 500 }, (_, index) => talk.message(textOf(index))));
        await talk.heard(500);
      },
    ],
  },
];

export const lengths: Section = {
  title: "Lengths",
  cases: [...sizes, ...longForms, ...announced, ...overTheLimit, ...many],
};
