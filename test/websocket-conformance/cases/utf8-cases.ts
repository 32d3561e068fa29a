import { type Case, choice, type Drive, only, type Section } from "../conformance-case.ts";

const rule = "6455 §8.1, 3629 §3";
const failed = only("close 1007");
const echoed = only("echo, open");

// One, two, three and four bytes to a character, and characters of several code points.
const mixed = "a\u00b5\u20ac\u{10348}\u03ba\u1f79\u{1f469}\u200d\u{1f680}e\u0301z";

const code = (point: number): string => `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
const points = [
  0x00, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfdd0, 0xfeff, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x1fffe, 0x10ffff,
];

function texts(...all: readonly string[]): Drive[] {
  return all.map((text) => async (talk) => {
    talk.write(talk.message(text));
    await talk.heard(1);
  });
}

/** Puts something at every place between two bytes of the mixed text. */
const places = Array.from({ length: Buffer.byteLength(mixed) - 1 }, (_, index) => index + 1);

const valid: readonly Case[] = [
  {
    name: `The first and the last character of each length, and those that are none: ${points.map(code).join(", ")}`,
    rule,
    allows: echoed,
    drives: texts(...points.flatMap((point) => [String.fromCodePoint(point), `<${String.fromCodePoint(point)}>`])),
  },
  {
    name: "A text of characters of one to four bytes; one that begins with a byte order mark",
    rule,
    allows: echoed,
    drives: texts(mixed, `\ufeff${mixed}`),
  },
  {
    name: "That text in two fragments, cut at each of its bytes",
    rule: "6455 §5.4, §8.1",
    allows: echoed,
    drives: places.map((at) => async (talk) => {
      talk.write(...talk.fragments(mixed, [at]));
      await talk.heard(1);
    }),
  },
  {
    name: "The same with a ping at the cut",
    rule: "6455 §5.4, §8.1",
    allows: only("pong, echo, open"),
    drives: places.map((at) => async (talk) => {
      const [first, last] = talk.fragments(mixed, [at]) as [Buffer, Buffer];
      talk.write(first, talk.ping("p"));
      await talk.heard(1);
      talk.write(last);
      await talk.heard(2);
    }),
  },
  {
    name: "That text in a fragment for each of its bytes",
    rule: "6455 §5.4, §8.1",
    allows: echoed,
    drives: [
      async (talk) => {
        talk.write(...talk.fragments(mixed, places));
        await talk.heard(1);
      },
    ],
  },
  {
    name: "That text in one frame and two pieces of TCP, cut at each byte of the frame",
    rule: "6455 §8.1",
    allows: echoed,
    drives: Array.from({ length: places.length + 6 }, (_, index) => async (talk) => {
      await talk.writeCut(talk.message(mixed), index + 1);
      await talk.heard(1);
    }),
  },
  {
    name: "That text byte by byte",
    rule: "6455 §8.1",
    allows: echoed,
    drives: [
      async (talk) => {
        await talk.writeBytewise(talk.message(mixed));
        await talk.heard(1);
      },
    ],
  },
];

/** Each class of what is no UTF-8, with sequences of it in hexadecimal. */
const invalidClasses: readonly (readonly [name: string, ...sequences: string[]])[] = [
  ["Two bytes for one that would do", "c080", "c0af", "c1bf"],
  ["Three bytes for two or one", "e08080", "e080af", "e09fbf"],
  ["Four bytes for three, two or one", "f0808080", "f08080af", "f08fbfbf"],
  ["Sequences of five and six bytes", "f888808080", "fbbfbfbfbf", "fc8480808080", "fdbfbfbfbfbf"],
  ["Halves of surrogate pairs, the first and the last of both kinds", "eda080", "edafbf", "edb080", "edbfbf"],
  ["Whole surrogate pairs in three bytes each", "eda080edb080", "eda0bdedb880", "edafbfedbfbf"],
  ["Beyond U+10FFFF", "f4908080", "f4bfbfbf", "f5808080", "f7bfbfbf"],
  ["A continuation without a beginning, and several", "80", "bf", "8080", "80bf80bf80bf"],
  ["Bytes that UTF-8 has not", "fe", "ff", "fefeffff", "c0", "c1", "f5", "f8", "fc"],
  ["A beginning, then no continuation", "c328", "e228a1", "e28228", "f0288cbc", "f09028bc", "f0908c28"],
  ["A beginning, then another one", "c3c3a4", "e2e282ac", "e282e282ac", "f09ff09f9880"],
  ["A character that is cut off at the end", "c3", "e2", "e282", "f0", "f09f", "f09f98"],
];

/** Bytes that are wrong at their beginning, in their middle, and at their end. */
function around(sequence: string): Buffer[] {
  const wrong = Buffer.from(sequence, "hex");
  const good = Buffer.from("gr\u00fc\u00df");
  return [wrong, Buffer.concat([good, wrong]), Buffer.concat([good, wrong, Buffer.from("!")])];
}

/** Cuts bytes into a fragment each. */
function fragmentsOf(bytes: Buffer): Drive {
  return (talk) => {
    const last = bytes.length - 1;
    talk.write(
      ...Array.from(bytes, (byte, index) =>
        talk.frame({ opcode: index === 0 ? 1 : 0, fin: index === last, payload: Uint8Array.of(byte) }),
      ),
    );
  };
}

const invalid = invalidClasses.map(([name, ...sequences]): Case => {
  const all = sequences.flatMap(around);
  return {
    name: `${name}: ${sequences.join(", ")}; alone, behind and amid good text, in one frame and in a fragment a byte`,
    rule,
    allows: failed,
    drives: all.flatMap((payload) => [(talk) => talk.write(talk.frame({ opcode: 1, payload })), fragmentsOf(payload)]),
  };
});

const other: readonly Case[] = [
  {
    name: "A text that is wrong, byte by byte",
    rule,
    allows: failed,
    drives: ["eda080", "f4908080"].map(
      (sequence) => (talk) =>
        talk.writeBytewise(talk.frame({ opcode: 1, payload: Buffer.from(`4162${sequence}4364`, "hex") })),
    ),
  },
  {
    name: "A good text, then one that is wrong, in one packet",
    rule,
    allows: only("echo, close 1007"),
    drives: [(talk) => talk.write(talk.message("good"), talk.frame({ opcode: 1, payload: Uint8Array.of(0xff) }))],
  },
  {
    name: "A first fragment that is wrong already, and a ping before the last one: failed at once, or at the end",
    rule: "6455 §8.1",
    allows: choice("close 1007", "pong, close 1007"),
    drives: ["eda080", "f4908080", "ff"].map((sequence) => async (talk) => {
      talk.write(talk.frame({ opcode: 1, fin: false, payload: Buffer.from(sequence, "hex") }), talk.ping("p"));
      await talk.heard(1);
      talk.write(talk.frame({ opcode: 0, payload: "good" }));
    }),
  },
  {
    name: "The same bytes as a binary message, whole and in two fragments",
    rule: "6455 §5.6",
    allows: only("echo ×2, open"),
    drives: invalidClasses.map(([, sequence = ""]) => async (talk) => {
      const bytes = Buffer.from(sequence, "hex");
      talk.write(talk.message(bytes), ...talk.fragments(bytes, [1]));
      await talk.heard(2);
    }),
  },
  {
    name: "A consumer that sends half a surrogate pair; it becomes U+FFFD, since no text may hold it",
    rule: "6455 §5.6",
    allows: only('text "a\\ufffdb", open, 1 heard'),
    drives: [
      async (talk) => {
        await talk.open({ path: "/surrogate" });
        talk.write(talk.frame({ opcode: 1, payload: "go" }));
        await talk.heard(1);
      },
    ],
    isHandshake: true,
  },
];

export const utf8: Section = { title: "UTF-8", cases: [...valid, ...invalid, ...other] };
