import { type Case, choice, type Drive, only, type Section } from "../conformance-case.ts";
import { textOf } from "./length-cases.ts";

const failed = only("close 1002");
const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const invalid = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 9999, 65_535];

const codes: readonly Case[] = [
  ...valid.map((code): Case => ({
    name: `A close frame with ${code}, and no reason`,
    rule: code > 1011 && code < 1015 ? "6455 §7.4.2, IANA" : "6455 §5.5.1, §7.4",
    allows: only(`close ${code}`),
    drives: [(talk) => talk.write(talk.close(code))],
  })),
  {
    name: "A close frame without a code",
    rule: "6455 §5.5.1, §7.1.5",
    allows: only("close without a code"),
    drives: [(talk) => talk.write(talk.close())],
  },
  ...invalid.map((code): Case => ({
    name: `A close frame with ${code}`,
    rule: "6455 §7.4.1, §7.4.2",
    allows: failed,
    drives: ["", "why"].map((reason) => (talk) => talk.write(talk.close(code, reason))),
  })),
  {
    name: "A close frame of one byte",
    rule: "6455 §5.5.1",
    allows: failed,
    drives: [3, 0].map((byte) => (talk) => talk.write(talk.frame({ opcode: 8, payload: Uint8Array.of(byte) }))),
  },
];

const reasons: readonly Case[] = [
  {
    name: "A reason of one byte",
    rule: "6455 §5.5.1",
    allows: only('close 1000 "x"'),
    drives: [(talk) => talk.write(talk.close(1000, "x"))],
  },
  {
    name: "A reason of 123 bytes, the most there is room for",
    rule: "6455 §5.5",
    allows: only(`close 4001 "${textOf(123)}"`),
    drives: [(talk) => talk.write(talk.close(4001, textOf(123)))],
  },
  {
    name: "A reason of 124 bytes",
    rule: "6455 §5.5",
    allows: failed,
    drives: [(talk) => talk.write(talk.close(1000, textOf(124)))],
  },
  {
    name: "A reason of characters of two to four bytes",
    rule: "6455 §5.5.1",
    allows: only('close 1000 "\\u00b5\\u20ac\\ud83d\\ude00"'),
    drives: [(talk) => talk.write(talk.close(1000, "\u00b5\u20ac\u{1f600}"))],
  },
  {
    name: "Reasons that are no UTF-8: overlong, half a surrogate pair, cut off, no such byte",
    rule: "6455 §5.5.1, §8.1",
    allows: only("close 1007"),
    drives: ["c0af", "eda080", "e282", "ff"].map(
      (sequence) => (talk) => talk.write(talk.close(1000, Buffer.from(`4162${sequence}`, "hex"))),
    ),
  },
];

const around: readonly Case[] = [
  {
    name: "A message, then a close frame in the same packet; the answer to the message comes first",
    rule: "6455 §5.5.1",
    allows: only("echo, close 1000"),
    drives: [(talk) => talk.write(talk.message("last words"), talk.close(1000))],
  },
  {
    name: "The longest message, then a close frame in the same packet",
    rule: "6455 §5.5.1",
    allows: only("echo, close 1000"),
    drives: [(talk) => talk.write(talk.message(textOf(1_048_576)), talk.close(1000))],
  },
  {
    name: "Behind a close frame, in the same packet: a text, a ping, a second close frame, a wrong frame",
    rule: "6455 §1.4, §5.5.1",
    allows: only("close 1000"),
    drives: afterClose((talk, late) => talk.write(talk.close(1000), late)),
  },
  {
    name: "The same in a packet of its own",
    rule: "6455 §1.4, §5.5.1",
    allows: only("close 1000"),
    drives: afterClose((talk, late) => talk.writeCut(Buffer.concat([talk.close(1000), late]), 8)),
  },
  {
    name: "A close frame byte by byte",
    rule: "6455 §5.5.1",
    allows: only('close 1001 "slowly"'),
    drives: [(talk) => talk.writeBytewise(talk.close(1001, "slowly"))],
  },
];

/** Each frame that has no meaning behind a close frame. */
function afterClose(send: (talk: Parameters<Drive>[0], late: Buffer) => void | Promise<void>): Drive[] {
  const late = [
    { opcode: 1, payload: "late" },
    { opcode: 9, payload: "late" },
    { opcode: 8, payload: Uint8Array.of(0x0f, 0xa1) },
    { opcode: 3, payload: "late" },
  ];
  return late.map((frame) => (talk) => send(talk, talk.frame(frame)));
}

/** Lets the consumer close with 4000; what is seen begins with that. */
function closedByServer(then: Drive): Drive {
  return async (talk) => {
    await talk.open({ path: "/closing" });
    talk.write(talk.frame({ opcode: 1, payload: "close" }));
    // Whoever answers a close has said all it will.
    talk.isLeaving = true;
    await then(talk);
  };
}

const byTheServer: readonly Case[] = [
  {
    name: "The server closes first and is answered; it ends TCP then",
    rule: "6455 §7.1.1, §7.1.2",
    allows: only('close 4000 "bye", 1 heard'),
    drives: [
      closedByServer(async (talk) => {
        await talk.heard(1);
        talk.write(talk.close(4000, "bye"));
      }),
    ],
  },
  {
    name: "The server closes first, and is answered with another code, and without one",
    rule: "6455 §5.5.1",
    allows: only('close 4000 "bye", 1 heard'),
    drives: [1000, undefined].map((code) =>
      closedByServer(async (talk) => {
        await talk.heard(1);
        talk.write(talk.close(code));
      }),
    ),
  },
  {
    name: "Both sides close at once, with different codes",
    rule: "6455 §7.1.5",
    allows: choice('close 4000 "bye", 1 heard', "close 1000, 1 heard, consumer: end 4000"),
    drives: [closedByServer((talk) => talk.write(talk.close(1000)))],
  },
  {
    name: "The server closes first, and messages that were on their way come before the answer; they are not heard",
    rule: "6455 §7.1.6",
    allows: choice('close 4000 "bye", 1 heard', 'close 4000 "bye", 3 heard'),
    drives: [
      closedByServer(async (talk) => {
        await talk.heard(1);
        talk.write(talk.frame({ opcode: 1, payload: "late" }), talk.frame({ opcode: 1, payload: "later" }));
        talk.write(talk.close(4000));
      }),
    ],
  },
  {
    name: "The server closes first, and a ping comes before the answer",
    rule: "6455 §5.5.2",
    allows: choice('close 4000 "bye", 1 heard', 'close 4000 "bye", pong, 1 heard'),
    drives: [
      closedByServer(async (talk) => {
        await talk.heard(1);
        talk.write(talk.ping("late"), talk.close(4000));
      }),
    ],
  },
  {
    name: "The server closes first, and nobody answers: it ends TCP after `closeTimeoutMs`",
    rule: "6455 §7.1.1",
    allows: only('close 4000 "bye", 1 heard'),
    drives: [closedByServer((talk) => talk.heard(1))],
  },
];

const lost: readonly Case[] = [
  {
    name: "TCP ends without a close frame: between messages, in a frame, in a head, between fragments",
    rule: "6455 §7.1.5, §7.1.7",
    allows: only("end without a close frame"),
    drives: ["", "818a37fa213d4a", "81", "01813a00000078"].map((bytes) => (talk) => {
      talk.write(Buffer.from(bytes, "hex"));
      talk.leave("fin");
    }),
  },
  {
    name: "A message, then the end of TCP without a close frame, when it has come back",
    rule: "6455 §7.1.5",
    allows: only("echo, end without a close frame"),
    drives: [
      async (talk) => {
        talk.write(talk.message("last words"));
        await talk.heard(1);
        talk.leave("fin");
      },
    ],
  },
  {
    name: "TCP is reset; the consumer is told 1006 here too",
    rule: "6455 §7.1.5, §7.1.7",
    allows: only("end without a close frame, consumer: end 1006"),
    drives: [
      (talk) => {
        talk.tellsHearing = true;
        talk.leave("reset");
      },
    ],
  },
];

export const closing: Section = {
  title: "Closing",
  about:
    "After each close frame seen here the server ended TCP, and the consumer's `disconnect` was told its code and reason: 1005 " +
    "where there was none, and 1006 where TCP ended without a close frame.",
  cases: [...codes, ...reasons, ...around, ...byTheServer.map((one) => ({ ...one, isHandshake: true })), ...lost],
};
