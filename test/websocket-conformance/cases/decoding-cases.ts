import { type Case, type Drive, only, type Section } from "../conformance-case.ts";
import type { Talk } from "../talk.ts";
import { bytesOf, textOf } from "./length-cases.ts";

/** Shows what the consumer heard, and ends with a close frame. */
function hears(send: (talk: Talk) => void | Promise<void>): Drive {
  return async (talk) => {
    talk.tellsHearing = true;
    await send(talk);
  };
}

/** The bytes of a conversation. */
const size = 204;

/** Something of everything: texts, bytes, fragments, a ping between them, each form of a length, a close frame. */
function conversation(talk: Talk): Buffer {
  const one = talk.message("one");
  const [first, second, last] = talk.fragments("in thr\u20ace", [4, 7]) as [Buffer, Buffer, Buffer];
  const bytes = Buffer.concat([
    one,
    first,
    talk.ping("p"),
    second,
    last,
    talk.message(Buffer.from([0, 255])),
    talk.message(""),
    talk.message(textOf(130)),
    talk.close(1000),
  ]);
  // The cuts below are to be at each of its bytes.
  if (bytes.length !== size) throw new Error(`the conversation has ${bytes.length} bytes`);
  return bytes;
}

const heard = 'consumer: text "one", text "in thr\\u20ace", bytes 00 ff, text "", a text of 130 bytes, end 1000';

const messages: readonly Case[] = [
  {
    name: "A text with a NUL, a quote and a byte order mark at its beginning, then a close frame with a reason",
    rule: "6455 §5.6, §7.1.6",
    allows: only('echo, close 4001 "done", consumer: text "\\ufeffa\\u0000\\"b", end 4001'),
    drives: [hears((talk) => talk.write(talk.message('\ufeffa\0"b'), talk.close(4001, "done")))],
  },
  {
    name: "Every value of a byte as a binary message",
    rule: "6455 §5.6",
    allows: only(
      "echo, close 1000, consumer: bytes 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 … (256 bytes), end 1000",
    ),
    drives: [
      hears((talk) =>
        talk.write(talk.message(Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index))), talk.close(1000)),
      ),
    ],
  },
  {
    name: "Empty messages between others, of both kinds; text stays text and bytes stay bytes",
    rule: "6455 §5.6",
    allows: only('echo ×5, close 1000, consumer: text "", bytes , text "a", bytes 61, text "", end 1000'),
    drives: [
      hears((talk) => {
        const all = ["", Buffer.alloc(0), "a", Buffer.from("a"), ""];
        talk.write(...all.map((message) => talk.message(message)), talk.close(1000));
      }),
    ],
  },
  {
    name: "A fragmented text with pings between; the consumer hears one message, and of pings nothing",
    rule: "6455 §5.4",
    allows: only('pong ×2, echo, close 1000, consumer: text "one message", end 1000'),
    drives: [
      hears((talk) => {
        const [first, second, last] = talk.fragments("one message", [3, 7]) as [Buffer, Buffer, Buffer];
        talk.write(first, talk.ping("a"), second, talk.ping("b"), last, talk.close(1000));
      }),
    ],
  },
  {
    name: "A good text, then a wrong one: the consumer hears the first alone, and 1007",
    rule: "6455 §7.1.7",
    allows: only('echo, close 1007, consumer: text "good", end 1007'),
    drives: [
      hears((talk) => talk.write(talk.message("good"), talk.frame({ opcode: 1, payload: Uint8Array.of(0xc3, 0x28) }))),
    ],
  },
  {
    name: "A close frame without a code: the consumer is told 1005",
    rule: "6455 §7.1.5",
    allows: only("close without a code, consumer: end 1005"),
    drives: [hears((talk) => talk.write(talk.close()))],
  },
  {
    name: "TCP ends in the middle of a frame: the consumer hears nothing of it, and 1006",
    rule: "6455 §7.1.5",
    allows: only('echo, end without a close frame, consumer: text "whole", end 1006'),
    drives: [
      hears(async (talk) => {
        talk.write(talk.message("whole"), talk.frame({ opcode: 1, payload: "half" }).subarray(0, 8));
        await talk.heard(1);
        talk.leave("fin");
      }),
    ],
  },
];

const pieces: readonly Case[] = [
  {
    name: `A conversation of ${size} bytes in one piece`,
    rule: "6455 §5.2",
    allows: only(`pong, echo ×5, close 1000, ${heard}`),
    drives: [hears((talk) => talk.write(conversation(talk)))],
  },
  {
    name: "The same in two pieces of TCP, cut at each byte",
    rule: "6455 §5.2",
    allows: [
      ...only(`pong, echo ×5, close 1000, ${heard}`),
      // Where the cut comes before the ping, the first message is answered before it.
      ...only(`echo, pong, echo ×4, close 1000, ${heard}`),
    ],
    drives: Array.from({ length: size - 1 }, (_, index) =>
      hears((talk) => talk.writeCut(conversation(talk), index + 1)),
    ),
  },
  {
    name: "The same byte by byte",
    rule: "6455 §5.2",
    allows: only(`echo, pong, echo ×4, close 1000, ${heard}`),
    drives: [hears((talk) => talk.writeBytewise(conversation(talk)))],
  },
  {
    name: "The heads of lengths in 16 and in 64 bits, cut at each of their bytes",
    rule: "6455 §5.2",
    allows: only("echo, open"),
    drives: [300, 70_000].flatMap((length) =>
      Array.from({ length: length < 65_536 ? 8 : 14 }, (_, index): Drive => async (talk) => {
        await talk.writeCut(talk.message(bytesOf(length)), index + 1);
        await talk.heard(1);
      }),
    ),
  },
];

/** So long may the last byte of a frame in pieces take to be answered. It is a few milliseconds, and was seconds. */
const promptMs = 1_000;

const slowly: readonly Case[] = [
  {
    name: "A text of 4,000 bytes byte by byte; its last byte is answered within a second",
    rule: "6455 §10.4",
    allows: only("echo, prompt, open"),
    drives: [
      async (talk) => {
        const bytes = talk.message(textOf(4_000));
        await talk.writeBytewise(bytes.subarray(0, -1));
        const sinceMs = performance.now();
        talk.write(bytes.subarray(-1));
        await talk.heard(1);
        talk.note(performance.now() - sinceMs < promptMs ? "prompt" : "slow");
      },
    ],
  },
  {
    name: "A text of 8,000 bytes byte by byte, more pieces than a frame may come in",
    rule: "6455 §10.4",
    allows: only("close 1008"),
    drives: [(talk) => talk.writeBytewise(talk.frame({ opcode: 1, payload: textOf(8_000) }))],
  },
];

export const decoding: Section = {
  title: "What the consumer is told",
  cases: [...messages, ...pieces, ...slowly],
};
