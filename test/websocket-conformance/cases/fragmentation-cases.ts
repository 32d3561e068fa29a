import { type Case, type Drive, only, type Section } from "../conformance-case.ts";
import type { Message } from "../subject.ts";
import { bytesOf, textOf } from "./length-cases.ts";

const rule = "6455 §5.4";
const failed = only("close 1002");
const maxFragments = 1_024;

/** Sends one message in fragments, cut at some bytes, all in one packet. */
function cuts(content: Message, at: readonly number[]): Drive {
  return async (talk) => {
    talk.write(...talk.fragments(content, at));
    await talk.heard(1);
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

const good: readonly Case[] = [
  {
    name: "A text in two fragments, cut at each of its bytes, at both ends too",
    rule,
    allows: only("echo, open"),
    drives: range(0, 11).map((at) => cuts("fragmented".slice(0, 10), [at])),
  },
  { name: "Bytes in three fragments", rule, allows: only("echo, open"), drives: [cuts(bytesOf(300), [100, 200])] },
  {
    name: "A text of 100 bytes in 100 fragments, and bytes likewise",
    rule,
    allows: only("echo, open"),
    drives: [cuts(textOf(100), range(1, 100)), cuts(bytesOf(100), range(1, 100))],
  },
  {
    name: "Empty fragments: the first, one in the middle, the last, all but one",
    rule,
    allows: only("echo, open"),
    drives: [[0], [2, 2], [5], [0, 0, 5, 5]].map((at) => cuts("hello", at)),
  },
  {
    name: "An empty text, and no bytes, in three empty fragments",
    rule,
    allows: only("echo, open"),
    drives: [cuts("", [0, 0]), cuts(Buffer.alloc(0), [0, 0])],
  },
  {
    name: "Fragments of 65,536 bytes up to the limit of a message",
    rule,
    allows: only("echo, open"),
    drives: [
      cuts(
        bytesOf(1_048_576),
        range(1, 16).map((index) => index * 65_536),
      ),
    ],
  },
  {
    name: "As many fragments as the limit allows, empty ones counted",
    rule,
    allows: only("echo, open"),
    drives: [
      cuts(textOf(maxFragments), range(1, maxFragments)),
      cuts(
        "x",
        Array.from({ length: 1_023 }, () => 0),
      ),
    ],
  },
  {
    name: "Three fragmented messages behind each other, and one that is not",
    rule,
    allows: only("echo ×4, open"),
    drives: [
      async (talk) => {
        talk.write(...talk.fragments("one", [1]), ...talk.fragments(Buffer.from("two"), [2]));
        talk.write(...talk.fragments("three", [0, 5]), talk.message("four"));
        await talk.heard(4);
      },
    ],
  },
  {
    name: "Fragments in a packet each",
    rule,
    allows: only("echo, open"),
    drives: [
      async (talk) => {
        const [first, second, last] = talk.fragments("in three packets", [3, 8]) as [Buffer, Buffer, Buffer];
        await talk.writeCut(Buffer.concat([first, second]), first.length);
        await talk.writeCut(last, 0);
        await talk.heard(1);
      },
    ],
  },
];

const interleaved: readonly Case[] = [
  {
    name: "A ping between two fragments; it is answered before the message is whole",
    rule: "6455 §5.4, §5.5",
    allows: only("pong, echo, open"),
    drives: [
      async (talk) => {
        const [first, last] = talk.fragments("fragmented", [5]) as [Buffer, Buffer];
        talk.write(first, talk.ping("between"));
        await talk.heard(1);
        talk.write(last);
        await talk.heard(2);
      },
    ],
  },
  {
    name: "Pings between ten fragments, each in a packet of its own",
    rule: "6455 §5.4, §5.5",
    allows: only("pong ×9, echo, open"),
    drives: [
      async (talk) => {
        const fragments = talk.fragments("fragmented", range(1, 10));
        for (const [index, fragment] of fragments.entries()) {
          talk.write(fragment);
          if (index === 9) break;
          talk.write(talk.ping(`after ${index}`));
          await talk.heard(index + 1);
        }
        await talk.heard(10);
      },
    ],
  },
  {
    name: "Pongs nobody asked for between fragments",
    rule: "6455 §5.4, §5.5.3",
    allows: only("echo, open"),
    drives: [
      async (talk) => {
        const [first, last] = talk.fragments("fragmented", [5]) as [Buffer, Buffer];
        talk.write(first, talk.frame({ opcode: 10, payload: "unasked" }), last);
        await talk.heard(1);
      },
    ],
  },
  {
    name: "A close frame between two fragments; what was not whole is not heard",
    rule: "6455 §5.4, §5.5.1",
    allows: only("close 1000"),
    drives: [
      (talk) => {
        talk.write(talk.frame({ opcode: 1, fin: false, payload: "half" }), talk.close(1000));
      },
    ],
  },
];

/** Frames that may not come in this order. */
const wrong: readonly Case[] = [
  ...(
    [
      ["A new text inside a fragmented one", 1, 1],
      ["New bytes inside a fragmented text", 1, 2],
      ["A new text inside fragmented bytes", 2, 1],
    ] as const
  ).map(([name, first, second]): Case => ({
    name: `${name}, whole and fragmented itself`,
    rule,
    allows: failed,
    drives: [true, false].map(
      (fin) => (talk) =>
        talk.write(
          talk.frame({ opcode: first, fin: false, payload: "a" }),
          talk.frame({ opcode: second, fin, payload: "b" }),
        ),
    ),
  })),
  {
    name: "A continuation of nothing, the last and not, with and without payload",
    rule,
    allows: failed,
    drives: [true, false].flatMap((fin) =>
      ["", "a"].map(
        (payload): Drive =>
          (talk) =>
            talk.write(talk.frame({ opcode: 0, fin, payload })),
      ),
    ),
  },
  {
    name: "A continuation behind a whole message",
    rule,
    allows: only("echo, close 1002"),
    drives: [(talk) => talk.write(talk.message("whole"), talk.frame({ opcode: 0, payload: "more" }))],
  },
  {
    name: "A continuation behind the last fragment",
    rule,
    allows: only("echo, close 1002"),
    drives: [(talk) => talk.write(...talk.fragments("whole", [2]), talk.frame({ opcode: 0, payload: "more" }))],
  },
  {
    name: "A continuation behind a ping",
    rule,
    allows: only("pong, close 1002"),
    drives: [(talk) => talk.write(talk.ping("p"), talk.frame({ opcode: 0, payload: "more" }))],
  },
  {
    name: "One fragment more than the limit, empty ones counted",
    rule: "6455 §10.4",
    allows: only("close 1008"),
    drives: ["x", ""].map((payload) => (talk) => {
      const more = talk.frame({ opcode: 0, fin: false, payload });
      talk.write(talk.frame({ opcode: 1, fin: false, payload }), ...Array.from({ length: maxFragments }, () => more));
    }),
  },
  {
    name: "Fragments that are together one byte over the limit of a message",
    rule: "6455 §10.4",
    allows: only("close 1009"),
    drives: [
      (talk) =>
        talk.write(
          talk.frame({ opcode: 2, fin: false, payload: bytesOf(1_048_576) }),
          talk.frame({ opcode: 0, payload: "x" }),
        ),
    ],
  },
];

export const fragmentation: Section = { title: "Fragmentation", cases: [...good, ...interleaved, ...wrong] };
