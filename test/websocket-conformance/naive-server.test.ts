import { beforeAll, describe, expect, test } from "vitest";
import { lastPing } from "./answer-reader.ts";
import { type Case, examine } from "./conformance-case.ts";
import { sections } from "./conformance-run.ts";
import { type Faults, NaiveServer } from "./naive-server.ts";
import { closePayload, type FrameParts } from "./raw-frame.ts";

// Some of its answers never come, and that is what is to be seen: once for each fault, and dozens of times for all cases.
const faultPatienceMs = 1_000;
const patienceMs = 150;

function find(name: RegExp): Case {
  const found = sections.flatMap(({ cases }) => cases).filter((one) => name.test(one.name));
  expect(found.map((one) => one.name)).toHaveLength(1);
  return found[0] as Case;
}

const example = find(/^A request with the key of the RFC's example/);
const text = find(/^A text of 126 bytes, the length in 16 bits$/);
const ping = find(/^Ten pings/);
const close = find(/^A reason of one byte/);
const lost = find(/^TCP ends in the middle/);

/** Changes the frames of one opcode. */
function on(opcode: number, change: (parts: FrameParts) => FrameParts): Faults {
  return { frame: (parts) => (parts.opcode === opcode ? change(parts) : parts) };
}

const faults: readonly (readonly [what: string, faults: Faults, one: Case, seen: string | RegExp])[] = [
  [
    "a wrong accept key",
    { handshake: (answer) => answer.replace("s3p", "S3p") },
    example,
    "HTTP 101, sec-websocket-accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=, open",
  ],
  [
    "a refusal of what is good",
    { handshake: () => "HTTP/1.1 400 Bad Request\r\nConnection: close" },
    text,
    /^HTTP 400/,
  ],
  [
    "a text that has lost a byte",
    on(1, (parts) => ({ ...parts, payload: "0123" })),
    text,
    'text "0123", open, 1 heard',
  ],
  [
    "a text that comes back as bytes",
    on(1, (parts) => ({ ...parts, opcode: 2 })),
    text,
    /^bytes 30 31 .*, open, 1 heard$/,
  ],
  ["a mask on its own frames", on(1, (parts) => ({ ...parts, isMasked: true })), text, "BREACH: masked, echo, open"],
  [
    "a long form of a length",
    on(1, (parts) => ({ ...parts, lengthForm: 64 })),
    text,
    "BREACH: long form of a length, echo, open",
  ],
  ["RSV1 on its own frames", on(1, (parts) => ({ ...parts, rsv: 4 })), text, /^BREACH: RSV1/],
  ["RSV3 on its own frames", on(1, (parts) => ({ ...parts, rsv: 1 })), text, "BREACH: RSV2 or RSV3, echo, open"],
  ["an opcode that there is not", on(1, (parts) => ({ ...parts, opcode: 3 })), text, /^BREACH: opcode 3/],
  ["a message that never ends", on(1, (parts) => ({ ...parts, fin: false })), text, "then silence"],
  [
    "a text that is no UTF-8",
    on(1, (parts) => ({ ...parts, payload: Uint8Array.of(0xff) })),
    text,
    /^BREACH: text that is no UTF-8/,
  ],
  ["a pong with something else in it", on(10, (parts) => ({ ...parts, payload: "x" })), ping, /^wrong pong of 1 bytes/],
  ["no pong", on(10, (parts) => ({ ...parts, opcode: 2 })), ping, /^bytes 30, bytes 31/],
  [
    "a pong in fragments",
    on(10, (parts) => ({ ...parts, fin: false })),
    ping,
    /^BREACH: fragmented control frame, pong/,
  ],
  [
    "a close code of its own",
    on(8, (parts) => ({ ...parts, payload: closePayload(1001, "x") })),
    close,
    'close 1001 "x", consumer: end 1000',
  ],
  [
    "a reason of its own",
    on(8, (parts) => ({ ...parts, payload: closePayload(1000, "y") })),
    close,
    'close 1000 "y", consumer: end 1000',
  ],
  ["no code", on(8, (parts) => ({ ...parts, payload: "" })), close, "close without a code, consumer: end 1000"],
  [
    "no close frame",
    on(8, (parts) => ({ ...parts, opcode: 10 })),
    close,
    /^wrong pong of 3 bytes, end without a close frame/,
  ],
  [
    "something behind its close frame",
    { afterClose: { opcode: 2 } },
    close,
    'close 1000 "x", BREACH: something after its close, bytes ',
  ],
  ["TCP left open", { keepsTcp: true }, close, 'close 1000 "x", then silence'],
  [
    "a consumer that hears nothing",
    { hearing: ({ messages }) => void messages.splice(0) },
    text,
    "echo, open, 0 heard, heard something else",
  ],
  [
    "a consumer that hears something else",
    { hearing: ({ messages }) => void messages.splice(0, 1, "else") },
    text,
    "echo, open, heard something else",
  ],
  [
    "a consumer that hears more",
    { hearing: ({ messages }) => void messages.splice(1, 1, "more") },
    text,
    "echo, open, 2 heard",
  ],
  [
    "a consumer that is told of a clean end",
    { hearing: (hearing) => void (hearing.end = { code: 1000, reason: "" }) },
    lost,
    'echo, end without a close frame, consumer: text "whole", end 1000',
  ],
];

describe("a server with a fault", () => {
  test.each(faults)("is found out: %s", async (_what, fault, one, seen) => {
    await using subject = await new NaiveServer(fault).listen();
    const outcome = await examine(one, { subject, mode: "plain", patienceMs: faultPatienceMs });
    expect(outcome.seen).toMatch(seen);
    expect(outcome.result).toBe("FAIL");
  });

  test.each([example, text, ping, close, lost])(
    "is found out by that alone: without one it is right: $name",
    async (one) => {
      await using subject = await new NaiveServer().listen();
      const outcome = await examine(one, { subject, mode: "plain", patienceMs: 5_000 });
      expect(outcome.result).not.toBe("FAIL");
    },
  );
});

/** Every answer of it is wrong, but that it is there. */
const contrary: Faults = {
  handshake: (answer) => answer.replaceAll(/: .*/g, ": x"),
  frame: (parts) => {
    if (lastPing.equals(Buffer.from(parts.payload as Uint8Array))) return parts;
    return { ...parts, payload: parts.opcode === 8 ? closePayload(1013, "no") : "no" };
  },
  hearing: (hearing) => {
    if (hearing.end?.code === 1006) hearing.end = { code: 1000, reason: "" };
  },
};

describe("every case", () => {
  const failures = new Map<Case, string>();
  const all = sections.flatMap(({ cases }) => cases);

  beforeAll(async () => {
    await using naive = await new NaiveServer().listen();
    await using wrong = await new NaiveServer(contrary).listen();
    for (const one of all) {
      const [mode = "plain"] = one.modes ?? [];
      for (const subject of [naive, wrong]) {
        const { result, seen } = await examine(one, { subject, mode, patienceMs });
        if (result !== "FAIL") continue;
        failures.set(one, seen);
        break;
      }
    }
  }, 60_000);

  test.each(all)("fails with a server that checks nothing, or with one whose answers are wrong: $name", (one) => {
    expect(failures.get(one)).toBeDefined();
  });
});
