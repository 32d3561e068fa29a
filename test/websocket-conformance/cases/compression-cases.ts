import { constants, deflateRawSync } from "node:zlib";
import { type Case, choice, type Drive, lenient, only, type Section } from "../conformance-case.ts";
import { DeflateWindow } from "../deflate.ts";
import type { Message } from "../subject.ts";
import type { Talk } from "../talk.ts";
import { bytesOf, textOf } from "./length-cases.ts";

const limit = 1_048_576;
const echoed = only("echo, open");
const text = "a\u00b5\u20ac\u{10348}, and again a\u00b5\u20ac\u{10348}";

/** Offers something, and notes what is agreed on. */
function offers(extensions: string): Drive {
  return async (talk) => {
    talk.write(talk.handshake({ headers: { "Sec-WebSocket-Extensions": extensions } }));
    if (await talk.answered()) talk.note(talk.answers.header("sec-websocket-extensions") ?? "no extension");
  };
}

function offer(name: string, extensions: string, agreed: string): Case {
  return {
    name,
    rule: "7692 §7.1",
    allows: only(`HTTP 101, ${agreed}, open`),
    drives: [offers(extensions)],
    isHandshake: true,
  };
}

const whyRefused =
  "`ws` refuses the handshake where an offer is malformed. The RFC has it declined: the connection goes on without it.";

function declined(name: string, ...all: readonly string[]): Case {
  return {
    name,
    rule: "7692 §7, §7.1",
    allows: lenient("HTTP 101, no extension, open", { seen: "HTTP 400, a consumer was made", why: whyRefused }),
    drives: all.map(offers),
    isHandshake: true,
  };
}

const negotiation: readonly Case[] = [
  offer("An offer without parameters", "permessage-deflate", "permessage-deflate"),
  offer(
    "An offer as Chromium makes it: client_max_window_bits without a value",
    "permessage-deflate; client_max_window_bits",
    "permessage-deflate",
  ),
  offer(
    "server_no_context_takeover",
    "permessage-deflate; server_no_context_takeover",
    "permessage-deflate; server_no_context_takeover",
  ),
  offer(
    "client_no_context_takeover",
    "permessage-deflate; client_no_context_takeover",
    "permessage-deflate; client_no_context_takeover",
  ),
  offer(
    "server_max_window_bits of 10",
    "permessage-deflate; server_max_window_bits=10",
    "permessage-deflate; server_max_window_bits=10",
  ),
  offer("Behind an extension that nobody knows", "x-unknown, permessage-deflate", "permessage-deflate"),
  offer(
    "Two offers; the first is taken",
    "permessage-deflate; server_no_context_takeover, permessage-deflate",
    "permessage-deflate; server_no_context_takeover",
  ),
  declined("A parameter nobody knows", "permessage-deflate; x=1"),
  declined(
    "Values that are not allowed: window bits of 7, 16, a word, none; a value where there is none",
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=x",
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_no_context_takeover=1",
  ),
  declined("A parameter twice", "permessage-deflate; server_no_context_takeover; server_no_context_takeover"),
  {
    name: "A malformed offer, then a good one",
    rule: "7692 §5.1, §7.1",
    allows: lenient("HTTP 101, permessage-deflate, open", { seen: "HTTP 400, a consumer was made", why: whyRefused }),
    drives: [offers("permessage-deflate; x=1, permessage-deflate")],
    isHandshake: true,
  },
];

/** A compressed message in one frame. */
function compressed(talk: Talk, content: Message, window: DeflateWindow = new DeflateWindow()): Buffer {
  talk.expects(content);
  const payload = window.compress(Buffer.from(content as string));
  return talk.frame({ opcode: typeof content === "string" ? 1 : 2, rsv: 4, payload });
}

/** The compressed text in fragments, cut at some of its bytes. */
function compressedFragments(talk: Talk, cuts: readonly number[]): Buffer[] {
  talk.expects(text);
  const bounds = [0, ...cuts, compressedText.length];
  return bounds.slice(1).map((end, index) =>
    talk.frame({
      fin: index === cuts.length,
      opcode: index === 0 ? 1 : 0,
      rsv: index === 0 ? 4 : 0,
      payload: compressedText.subarray(bounds[index], end),
    }),
  );
}

/** Sends one compressed message. */
const sends =
  (content: Message): Drive =>
  async (talk) => {
    talk.write(compressed(talk, content));
    await talk.heard(1);
  };

/** Sends a payload that is said to be compressed, and is to come back as some message. */
function sendsRaw(payload: Buffer, message: Message): Drive {
  return async (talk) => {
    talk.expects(message);
    talk.write(talk.frame({ opcode: typeof message === "string" ? 1 : 2, rsv: 4, payload }));
    await talk.heard(1);
  };
}

const sizes = [0, 1, 125, 126, 127, 128, 1_023, 1_024, 65_535, 65_536, 65_537, limit];
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);
/** The text, compressed once and for all: another zlib could make more or fewer bytes of it. */
const compressedText = Buffer.from("4a3cb4f551d39a0f137a3b741412f3521412d31333f31412e1a20000", "hex");

/** Bytes that cannot be compressed, always the same ones. */
function noise(size: number): Buffer {
  let state = 1;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return (state >> 8) & 0xff;
  };
  return Buffer.from(Uint8Array.from({ length: size }, next));
}

const messages: readonly Case[] = [
  {
    name: "Compressed texts and bytes of 0, 1, 125 to 128, 1,023, 1,024, 65,535 to 65,537 bytes and of the limit",
    rule: "7692 §7.2.2",
    allows: echoed,
    drives: sizes.flatMap((size) => [sends(textOf(size)), sends(bytesOf(size))]),
  },
  {
    name: "Bytes that only grow when they are compressed, 1 to 100,000 of them",
    rule: "7692 §7.2.1",
    allows: echoed,
    drives: [1, 100, 1_000, 65_536, 100_000].map((size) => sends(noise(size))),
  },
  {
    name: "The server's own messages are compressed",
    rule: "7692 §6.1",
    allows: only("echo, 1 compressed, open"),
    drives: [
      async (talk) => {
        await sends(textOf(2_000))(talk);
        talk.note(`${talk.answers.compressed} compressed`);
      },
    ],
  },
  {
    name: "A window that goes on over 50 messages, in both directions",
    rule: "7692 §7.2.3.2",
    allows: only("echo ×50, open"),
    drives: [
      async (talk) => {
        const window = new DeflateWindow({ keeps: true });
        talk.write(...range(0, 50).map((index) => compressed(talk, `${text} ${index}`, window)));
        await talk.heard(50);
      },
    ],
  },
  {
    name: "Compressed messages and others in turn",
    rule: "7692 §6",
    allows: only("echo ×20, open"),
    drives: [
      async (talk) => {
        const window = new DeflateWindow({ keeps: true });
        talk.write(
          ...range(0, 10).flatMap((index) => [compressed(talk, `${text} ${index}`, window), talk.message(text)]),
        );
        await talk.heard(20);
      },
    ],
  },
  {
    name: "Blocks that are stored, of fixed and of dynamic codes, several blocks, a block of no bytes",
    rule: "7692 §7.2.3",
    allows: echoed,
    drives: [
      sendsRaw(Buffer.from("000500faff48656c6c6f00", "hex"), "Hello"),
      sendsRaw(Buffer.from("f248cdc9c90700", "hex"), "Hello"),
      sendsRaw(Buffer.from("f248050000 00ffffcac9c90700".replace(" ", ""), "hex"), "Hello"),
      sendsRaw(Buffer.from("00", "hex"), ""),
    ],
  },
  {
    name: "A block with BFINAL set, with an empty block behind it",
    rule: "7692 §7.2.3.4",
    allows: echoed,
    drives: [sendsRaw(Buffer.from("f348cdc9c9070000", "hex"), "Hello")],
  },
  {
    name: "A message of the limit that is 1 KiB on the wire",
    rule: "7692 §8",
    allows: echoed,
    drives: [sends(Buffer.alloc(limit))],
  },
];

/** Sends a message several times on a connection that agreed on something. */
function sendsWith(extensions: string, content: Message): Drive {
  return async (talk) => {
    await talk.open({ headers: { "Sec-WebSocket-Extensions": extensions } });
    talk.write(...Array.from({ length: 3 }, () => compressed(talk, content)));
    await talk.heard(3);
    talk.note(`${talk.answers.compressed} compressed`);
  };
}

const agreed: readonly Case[] = [
  {
    name: "server_no_context_takeover is kept to: each answer can be read by itself",
    rule: "7692 §7.1.1.1",
    allows: only("echo ×3, 3 compressed, open"),
    drives: [sendsWith("permessage-deflate; server_no_context_takeover", text)],
    isHandshake: true,
  },
  {
    name: "server_max_window_bits of 9, 10 and 12 is kept to: the answers can be read with no more",
    rule: "7692 §7.1.2.1",
    allows: only("echo ×3, 3 compressed, open"),
    // What comes again after 5,000 bytes is beyond each of these windows, and within the largest.
    drives: [9, 10, 12].map((bits) =>
      sendsWith(`permessage-deflate; server_max_window_bits=${bits}`, Buffer.concat([noise(5_000), noise(5_000)])),
    ),
    isHandshake: true,
  },
];

const fragments: readonly Case[] = [
  {
    name: "A compressed text in two fragments, cut at each byte of what is on the wire",
    rule: "7692 §6.1",
    allows: echoed,
    drives: range(0, compressedText.length + 1).map((at) => async (talk) => {
      talk.write(...compressedFragments(talk, [at]));
      await talk.heard(1);
    }),
  },
  {
    name: "A compressed text in a fragment a byte, with a ping between each two",
    rule: "7692 §6.1",
    allows: only(`pong ×${compressedText.length - 1}, echo, open`),
    drives: [
      async (talk) => {
        const all = compressedFragments(talk, range(1, compressedText.length));
        for (const [index, fragment] of all.entries()) {
          talk.write(fragment);
          if (index === all.length - 1) break;
          talk.write(talk.ping(String(index)));
          await talk.heard(index + 1);
        }
        await talk.heard(all.length);
      },
    ],
  },
  {
    name: "A compressed text byte by byte",
    rule: "7692 §6.2",
    allows: echoed,
    drives: [
      async (talk) => {
        await talk.writeBytewise(compressed(talk, text));
        await talk.heard(1);
      },
    ],
  },
  {
    name: "RSV1 on the second fragment, the first compressed and not",
    rule: "7692 §6.1",
    allows: only("close 1002"),
    drives: [4, 0].map((rsv) => (talk) => {
      talk.write(
        talk.frame({ opcode: 1, rsv, fin: false, payload: Buffer.from("f248cd", "hex") }),
        talk.frame({ opcode: 0, rsv: 4, payload: Buffer.from("c9c90700", "hex") }),
      );
    }),
  },
];

const wrong: readonly Case[] = [
  {
    name: "Bytes that are no DEFLATE data, and data that a window does not reach",
    rule: "7692 §7.2.2, 6455 §7.4.1",
    allows: choice("close 1007", "close 1002"),
    drives: ["ffffffff", "07", "0000000000", "02000000"].map(
      (payload) => (talk) => talk.write(talk.frame({ opcode: 2, rsv: 4, payload: Buffer.from(payload, "hex") })),
    ),
  },
  {
    name: "A text that is no UTF-8 when it is decompressed",
    rule: "6455 §8.1",
    allows: only("close 1007"),
    drives: ["c0af", "eda080", "e282", "ff"].map((sequence) => (talk) => {
      const payload = new DeflateWindow().compress(Buffer.from(`4162${sequence}`, "hex"));
      talk.write(talk.frame({ opcode: 1, rsv: 4, payload }));
    }),
  },
  {
    name: "One byte over the limit when it is decompressed, and a thousand times the limit",
    rule: "6455 §10.4",
    allows: only("close 1009"),
    drives: [limit + 1, limit * 1_000].map((size) => (talk) => {
      const payload = bomb(size);
      talk.write(talk.frame({ opcode: 2, rsv: 4, payload }));
    }),
  },
  {
    name: "Compressed fragments that are over the limit together",
    rule: "6455 §10.4",
    allows: only("close 1009"),
    drives: [
      (talk) => {
        const payload = bomb(limit + 1);
        talk.write(talk.frame({ opcode: 2, rsv: 4, fin: false, payload: payload.subarray(0, 10) }));
        talk.write(talk.frame({ opcode: 0, payload: payload.subarray(10) }));
      },
    ],
  },
];

/** What so many zeros are when they are compressed; at most the limit of it, so that only decompressing shows. */
function bomb(size: number): Buffer {
  const mebibyte = deflateRawSync(Buffer.alloc(limit), { finishFlush: constants.Z_FULL_FLUSH });
  const whole = Buffer.concat(Array.from({ length: Math.floor(size / limit) }, () => mebibyte));
  const rest = deflateRawSync(Buffer.alloc(size % limit), { finishFlush: constants.Z_SYNC_FLUSH });
  return Buffer.concat([whole, rest]).subarray(0, limit - 1);
}

export const compression: Section = {
  title: "Compressed messages",
  about: "The server has `perMessageDeflate` on. Sections 2 to 9 are run on such connections too.",
  cases: [...negotiation, ...messages, ...agreed, ...fragments, ...wrong].map((one) => ({
    ...one,
    modes: ["deflate"] as const,
  })),
};
