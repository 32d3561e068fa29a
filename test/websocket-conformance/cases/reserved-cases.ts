import { type Case, type Drive, only, type Section } from "../conformance-case.ts";

const failed = only("close 1002");
const bits = ["", "RSV3", "RSV2", "RSV2 and RSV3", "RSV1", "RSV1 and RSV3", "RSV1 and RSV2", "RSV1, RSV2 and RSV3"];

const reservedBits = bits.slice(1).flatMap((name, index): Case[] => {
  const rsv = index + 1;
  const onFrame =
    (opcode: number, payload: string | Uint8Array): Drive =>
    (talk) =>
      talk.write(talk.frame({ opcode, rsv, payload }));
  return [
    {
      name: `${name} on a text, on bytes, on empty ones`,
      rule: "6455 §5.2",
      allows: failed,
      drives: [onFrame(1, "hello"), onFrame(2, "hello"), onFrame(1, ""), onFrame(2, "")],
      // With permessage-deflate RSV1 alone means a compressed message, which is section 10.
      modes: rsv === 4 ? ["plain"] : ["plain", "deflate"],
    },
    {
      name: `${name} on a ping, a pong, a close frame, a last fragment`,
      rule: rsv === 4 ? "6455 §5.2, 7692 §6" : "6455 §5.2",
      allows: failed,
      drives: [
        onFrame(9, "p"),
        onFrame(10, "p"),
        onFrame(8, Uint8Array.of(3, 232)),
        (talk) => talk.write(talk.frame({ opcode: 1, fin: false }), talk.frame({ opcode: 0, rsv, payload: "b" })),
      ],
    },
  ];
});

const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): Case => ({
  name: `Opcode ${opcode}, with a payload, without, and not final`,
  rule: "6455 §5.2",
  allows: failed,
  drives: [
    (talk) => talk.write(talk.frame({ opcode, payload: "hello" })),
    (talk) => talk.write(talk.frame({ opcode })),
    (talk) => talk.write(talk.frame({ opcode, fin: false, payload: "a" })),
  ],
}));

const afterMessages: readonly Case[] = [
  {
    name: "A message and a ping, then RSV3 in the same packet; what was right is answered first",
    rule: "6455 §5.2",
    allows: only("pong, echo, close 1002"),
    drives: [
      (talk) =>
        talk.write(talk.message("right"), talk.ping("right"), talk.frame({ opcode: 1, rsv: 1, payload: "wrong" })),
    ],
  },
  {
    name: "A message, then opcode 3 byte by byte",
    rule: "6455 §5.2",
    allows: only("echo, close 1002"),
    drives: [
      async (talk) => {
        talk.write(talk.message("right"));
        await talk.heard(1);
        await talk.writeBytewise(talk.frame({ opcode: 3, payload: "wrong" }));
      },
    ],
  },
  {
    name: "What comes behind a mistake in the same packet: a message, a ping, a close frame",
    rule: "6455 §7.1.7",
    allows: failed,
    drives: [
      (talk) =>
        talk.write(
          talk.frame({ opcode: 3 }),
          talk.frame({ opcode: 1, payload: "late" }),
          talk.frame({ opcode: 9, payload: "late" }),
          talk.frame({ opcode: 8, payload: Uint8Array.of(3, 232) }),
        ),
    ],
  },
];

export const reserved: Section = {
  title: "Reserved bits and opcodes",
  cases: [...reservedBits, ...opcodes, ...afterMessages],
};
