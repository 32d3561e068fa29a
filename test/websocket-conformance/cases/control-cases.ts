import { type Case, choice, type Drive, only, type Section } from "../conformance-case.ts";
import { bytesOf, textOf } from "./length-cases.ts";

const failed = only("close 1002");

function pings(payload: string | Uint8Array): Drive {
  return async (talk) => {
    talk.write(talk.ping(payload));
    await talk.heard(1);
  };
}

const answered: readonly Case[] = [
  {
    name: "A ping with each payload of 0 to 125 bytes",
    rule: "6455 §5.5.2, §5.5.3",
    allows: only("pong, open"),
    drives: Array.from({ length: 126 }, (_, size) => pings(textOf(size))),
  },
  {
    name: "Pings whose payload is no UTF-8, and each of 125 byte values",
    rule: "6455 §5.5.2",
    allows: only("pong, open"),
    drives: [pings(Uint8Array.of(0xc3, 0x28, 0xff, 0x00)), pings(bytesOf(125))],
  },
  {
    name: "A ping byte by byte",
    rule: "6455 §5.5.2",
    allows: only("pong, open"),
    drives: [
      async (talk) => {
        await talk.writeBytewise(talk.ping("slowly"));
        await talk.heard(1);
      },
    ],
  },
  {
    name: "Ten pings in one packet",
    rule: "6455 §5.5.3",
    allows: choice("pong ×10, open", "wrong pong of 1 bytes, open"),
    drives: [
      async (talk) => {
        talk.write(...Array.from({ length: 10 }, (_, index) => talk.ping(String(index))));
        await talk.heard(10);
      },
    ],
  },
  {
    name: "A pong nobody asked for, with a payload and without",
    rule: "6455 §5.5.3",
    allows: only("open"),
    drives: ["unasked", ""].map((payload) => (talk) => talk.write(talk.frame({ opcode: 10, payload }))),
  },
  {
    name: "A pong nobody asked for, then a ping",
    rule: "6455 §5.5.3",
    allows: only("pong, open"),
    drives: [
      async (talk) => {
        talk.write(talk.frame({ opcode: 10, payload: "a" }), talk.ping("b"));
        await talk.heard(1);
      },
    ],
  },
  {
    name: "A ping between two messages; answers to one kind come in their order",
    rule: "6455 §5.5.3",
    allows: choice("echo, pong, echo, open", "pong, echo ×2, open"),
    drives: [
      async (talk) => {
        talk.write(talk.message("before"), talk.ping("between"), talk.message("after"));
        await talk.heard(3);
      },
    ],
  },
];

const named = [
  ["ping", 9],
  ["pong", 10],
  ["close frame", 8],
] as const;

const wrong: readonly Case[] = named.flatMap(([name, opcode]): Case[] => [
  {
    name: `A ${name} of 126 bytes, of 65,536, and one that writes a small length in 16 or 64 bits`,
    rule: "6455 §5.5",
    allows: failed,
    drives: [
      (talk) => talk.write(talk.frame({ opcode, payload: bytesOf(126) })),
      (talk) => talk.write(talk.frame({ opcode, payload: bytesOf(65_536) })),
      (talk) => talk.write(talk.frame({ opcode, payload: Buffer.from([3, 232]), lengthForm: 16 })),
      (talk) => talk.write(talk.frame({ opcode, payload: Buffer.from([3, 232]), lengthForm: 64 })),
    ],
  },
  {
    name: `A ${name} that is fragmented`,
    rule: "6455 §5.5",
    allows: failed,
    drives: [
      (talk) => talk.write(talk.frame({ opcode, fin: false, payload: Buffer.from([3, 232]) })),
      (talk) => talk.write(talk.frame({ opcode, fin: false }), talk.frame({ opcode: 0 })),
    ],
  },
]);

export const controlFrames: Section = { title: "Control frames", cases: [...answered, ...wrong] };
