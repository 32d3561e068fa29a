import { constants, deflateRawSync } from "node:zlib";
import { WebSocketConsumer, type End } from "@solent/core";
import { expect, test } from "vitest";
import { gate } from "../support/turns.ts";
import { closeCodeOf, frame } from "../support/wire.ts";
import { world, type World, type WorldOptions } from "../support/world.ts";

const ends: { last: ReturnType<typeof gate<End>> } = { last: gate<End>() };
const received: string[] = [];

class Listener extends WebSocketConsumer {
  override receive(text: string) {
    received.push(text);
    this.send(text);
  }
  override receiveBinary() {}
  override disconnect(end: End) {
    ends.last.open(end);
  }
}

function listening(options?: WorldOptions): Promise<World> {
  ends.last = gate<End>();
  received.length = 0;
  return world(Listener, options);
}

const wrong: readonly (readonly [what: string, bytes: Buffer, code: number])[] = [
  ["text that is no UTF-8", frame(Buffer.from([0xc3, 0x28])), 1007],
  ["an overlong UTF-8 sequence", frame(Buffer.from([0xc0, 0xaf])), 1007],
  ["half a surrogate pair in UTF-8", frame(Buffer.from([0xed, 0xa0, 0x80])), 1007],
  ["a frame that is not masked", frame("hi", { isMasked: false }), 1002],
  ["a reserved opcode", frame("hi", { opcode: 3 }), 1002],
  ["a reserved bit without an extension", frame("hi", { rsv1: true }), 1002],
  ["a continuation of nothing", frame("hi", { opcode: 0 }), 1002],
  [
    "a new message inside a fragmented one",
    Buffer.concat([frame("a", { fin: false }), frame("b", { fin: false })]),
    1002,
  ],
  ["a fragmented control frame", frame("", { opcode: 9, fin: false }), 1002],
  ["a control frame with too much in it", frame("x".repeat(126), { opcode: 9 }), 1002],
  ["a close frame of one byte", frame(Buffer.from([3]), { opcode: 8 }), 1002],
  ["a close frame with a code nobody may send", frame(Buffer.from([0x03, 0xee]), { opcode: 8 }), 1002],
  ["a length of more than 2^53", Buffer.from([0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0]), 1009],
];

test.each(wrong)("%s ends that connection with the code for it, and no other", async (_what, bytes, code) => {
  await using w = await listening();
  await using wire = await w.wire();
  wire.write(bytes);
  expect(await wire.closeCode()).toBe(code);
  expect(await ends.last.passed).toEqual({ code, reason: "", cause: "error" });
  expect(received).toEqual([]);
  await wire[Symbol.asyncDispose]();
  await w.isUnharmed();
});

test("a frame over the limit is refused with 1009 before it has arrived, and one of exactly the limit is taken", async () => {
  await using w = await listening({ limits: { maxFrameBytes: 1_000 } });
  await using fits = await w.connect();
  fits.send("x".repeat(1_000));
  expect(await fits.text()).toHaveLength(1_000);
  await fits.close();
  ends.last = gate<End>();
  await using wire = await w.wire();
  // Only the head: what it announces is enough.
  wire.write(frame("x".repeat(1_001)).subarray(0, 8));
  expect(await wire.closeCode()).toBe(1009);
  expect(await ends.last.passed).toMatchObject({ code: 1009, cause: "error" });
  await wire[Symbol.asyncDispose]();
  await w.isUnharmed();
});

test("fragments together over the limit are refused with 1009", async () => {
  await using w = await listening({ limits: { maxFrameBytes: 1_000 } });
  await using wire = await w.wire();
  wire.write(frame("x".repeat(600), { fin: false }));
  wire.write(frame("x".repeat(600), { opcode: 0, fin: false }));
  expect(await wire.closeCode()).toBe(1009);
  await wire[Symbol.asyncDispose]();
  await w.isUnharmed();
});

test("fragments without end are refused with 1008, empty ones too", async () => {
  await using w = await listening({ limits: { maxFragments: 8 } });
  await using wire = await w.wire();
  wire.write(frame("", { fin: false }));
  for (let i = 0; i < 8; i++) wire.write(frame("", { opcode: 0, fin: false }));
  expect(await wire.closeCode()).toBe(1008);
  await wire[Symbol.asyncDispose]();
  await w.isUnharmed();
});

test("a fragmented message within the limits is one message", async () => {
  await using w = await listening({ limits: { maxFragments: 8 } });
  await using wire = await w.wire();
  wire.write(Buffer.concat([frame("a", { fin: false }), frame("", { opcode: 9 }), frame("b", { opcode: 0 })]));
  await wire.frames.take(2);
  expect(received).toEqual(["ab"]);
});

test("a decompression bomb is refused with 1009, and costs no more than the limit", async () => {
  await using w = await listening({ perMessageDeflate: true, limits: { maxFrameBytes: 10_000 } });
  await using wire = await w.wire({ headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } });
  const bomb = deflateRawSync(Buffer.alloc(50 * 1024 * 1024), { finishFlush: constants.Z_SYNC_FLUSH });
  const before = process.memoryUsage().external;
  wire.write(frame(bomb.subarray(0, bomb.length - 4).subarray(0, 9_000), { rsv1: true }));
  expect(await wire.closeCode()).toBe(1009);
  expect(process.memoryUsage().external - before).toBeLessThan(10 * 1024 * 1024);
  expect(received).toEqual([]);
  await wire[Symbol.asyncDispose]();
  await w.isUnharmed();
});

test("compressed bytes that are no such thing are refused with 1007", async () => {
  await using w = await listening({ perMessageDeflate: true });
  await using wire = await w.wire({ headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } });
  wire.write(frame(Buffer.from([0xff, 0xff, 0xff, 0xff]), { rsv1: true }));
  expect(await wire.closeCode()).toBe(1007);
  await wire[Symbol.asyncDispose]();
  await w.isUnharmed();
});

test.each([
  ["close frame", frame(Buffer.from([0x03, 0xe8]), { opcode: 8 }), 1000],
  ["mistake", frame("", { opcode: 3 }), 1002],
])(
  "what was said before a client's %s comes before the answer to it, compressed or not",
  async (_what, bytes, code) => {
    await using w = await listening({ perMessageDeflate: { threshold: 0 } });
    await using plain = await w.wire();
    await using deflated = await w.wire({ headers: { "Sec-WebSocket-Extensions": "permessage-deflate" } });
    for (const wire of [plain, deflated]) {
      wire.write(Buffer.concat([frame("one"), frame("two"), bytes]));
      const [first, second, last] = await wire.frames.take(3);
      expect([first?.opcode, second?.opcode]).toEqual([1, 1]);
      expect(last === undefined ? undefined : closeCodeOf(last)).toBe(code);
      await wire[Symbol.asyncDispose]();
    }
    await w.isUnharmed();
  },
);

test("after its own close frame the server sends nothing more, whatever the application sends", async () => {
  const closing = gate();
  class Chatty extends WebSocketConsumer {
    override receive() {}
    override async connect() {
      this.signal.addEventListener("abort", () => closing.open());
      return this.accept();
    }
    chat_line() {
      this.send("late");
    }
    override disconnect() {
      this.send("later still");
    }
  }
  await using w = await world(Chatty);
  await using wire = await w.wire();
  wire.write(frame(Buffer.from([0xc3, 0x28])));
  expect(await wire.closeCode()).toBe(1007);
  await closing.passed;
  wire.socket.end();
  await expect(wire.frames.next()).rejects.toThrow("the socket has ended");
  await w.isUnharmed();
});

test("a flood of pings from a peer that does not read is cut off", async () => {
  await using w = await listening();
  await using wire = await w.wire();
  wire.socket.pause();
  const pings = Buffer.concat(Array.from({ length: 2_000 }, () => frame("x".repeat(100), { opcode: 9 })));
  while (w.counts().connections > w.before.connections && !wire.socket.destroyed) {
    await new Promise((resolve) => wire.socket.write(pings, resolve));
  }
  await w.isUnharmed();
});
