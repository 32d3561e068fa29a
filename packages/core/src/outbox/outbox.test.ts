import { describe, expect, test } from "vitest";
import type { Shipping } from "./backlog.ts";
import type { Batch } from "./batch.ts";
import { Frame, messageFrame, textFrame } from "./frame.ts";

import { Outbox, type OutboxTransport, type Overflow } from "./outbox.ts";

import { OutboxTurn } from "./turn.ts";
import { snapshot, snapshotDefaults } from "../internal/snapshot.ts";

const encoder = { encode: (payload: string | Uint8Array) => new TextEncoder().encode(String(payload)) };

/** A turn that ends when the test says so. */
function manualTurn() {
  let flush: (() => void) | undefined;
  const turn = new OutboxTurn(encoder, (task) => (flush = task));
  return { turn, end: () => flush?.() };
}

/** A peer whose socket fills when the test says so. */
class Peer {
  readonly writes: string[][] = [];
  readonly batches: Batch[] = [];
  readonly overflows: string[] = [];
  isCongested = false;
  bufferedBytes = 0;
  readonly outbox: Outbox;

  constructor(turn: OutboxTurn, bounds: { maxOutboxBytes?: number; overflow?: Overflow } = {}) {
    const write = (batch: Batch): void => {
      this.batches.push(batch);
      this.writes.push(batch.frames().map((frame) => String(frame.payload)));
    };
    const transport = Object.assign(this, { turn, write }) as unknown as OutboxTransport;
    const { maxOutboxBytes = 1_000, overflow = "disconnect" } = bounds;
    const outboxOverflowed = (action: string, type: string): void => void this.overflows.push(`${action} ${type}`);
    this.outbox = new Outbox(transport, { maxOutboxBytes, overflow, outboxOverflowed });
  }

  send(text: string, shipping?: Partial<Shipping>): void {
    const full = { delivery: undefined, key: undefined, type: "said", ...shipping };
    this.outbox.push(new Frame(text), full);
  }
}

describe("Outbox", () => {
  test("everything sent in one turn leaves in one write, in order", () => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn);
    for (const text of ["a", "b", "c"]) peer.send(text);
    expect(peer.writes).toEqual([]);
    end();
    expect(peer.writes).toEqual([["a", "b", "c"]]);
  });

  test("connections that send the same frames in one turn share one batch, and others do not", () => {
    const { turn, end } = manualTurn();
    const [ann, ben, eve] = [new Peer(turn), new Peer(turn), new Peer(turn)];
    const [one, two] = [new Frame("one"), new Frame("two")];
    for (const frame of [one, two]) for (const peer of [ann, ben]) peer.outbox.push(frame, undefined);
    for (const frame of [two, one]) eve.outbox.push(frame, undefined);
    end();
    expect(ann.batches[0]).toBe(ben.batches[0]);
    expect(eve.batches[0]).not.toBe(ann.batches[0]);
    expect(eve.writes).toEqual([["two", "one"]]);
  });

  test("a slow reader's frames wait, and follow in order when it reads on", () => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn);
    peer.isCongested = true;
    peer.send("a");
    end();
    for (const text of ["b", "c"]) peer.send(text);
    end();
    expect(peer.writes).toEqual([["a"]]);
    peer.isCongested = false;
    peer.outbox.handleDrain();
    expect(peer.writes).toEqual([["a"], ["b", "c"]]);
    peer.send("d");
    end();
    expect(peer.writes.at(-1)).toEqual(["d"]);
  });

  test("a volatile message is dropped at once for a slow reader, and counted", () => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn);
    peer.isCongested = true;
    peer.send("a");
    end();
    peer.send("typing", { delivery: "volatile", type: "typing" });
    peer.isCongested = false;
    peer.outbox.handleDrain();
    expect(peer.writes).toEqual([["a"]]);
    expect(peer.overflows).toEqual(["drop typing"]);
  });

  test("of latest messages with one key the newest goes to the end, and other keys stay", () => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn);
    peer.isCongested = true;
    peer.send("first");
    end();
    peer.send("ann at 1", { delivery: "latest", key: "ann", type: "cursor" });
    peer.send("ben at 1", { delivery: "latest", key: "ben", type: "cursor" });
    peer.send("ann at 2", { delivery: "latest", key: "ann", type: "cursor" });
    peer.isCongested = false;
    peer.outbox.handleDrain();
    expect(peer.writes.at(-1)).toEqual(["ben at 1", "ann at 2"]);
  });

  test.each([
    ["disconnect", ["disconnect said"], ["x".repeat(60)]],
    ["dropNewest", ["drop said"], ["x".repeat(60)]],
    ["dropOldest", ["drop said"], ["y".repeat(60)]],
  ] as const)("a full outbox with overflow %s keeps its bound", (overflow, overflows, kept) => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn, { maxOutboxBytes: 100, overflow });
    peer.isCongested = true;
    peer.send("a");
    end();
    peer.send("x".repeat(60));
    peer.send("y".repeat(60));
    expect(peer.overflows).toEqual(overflows);
    peer.isCongested = false;
    peer.outbox.handleDrain();
    expect(peer.writes.at(-1)).toEqual(kept);
  });

  test("what promises more than at most once is never dropped: the peer is cut off instead", () => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn, { maxOutboxBytes: 10, overflow: "dropOldest" });
    peer.isCongested = true;
    peer.send("a");
    end();
    peer.send("b".repeat(20), { delivery: "atLeastOnce" });
    expect(peer.overflows).toEqual(["disconnect said"]);
  });

  test("bytes that the socket still holds count towards the bound", () => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn, { maxOutboxBytes: 100 });
    peer.isCongested = true;
    peer.bufferedBytes = 90;
    peer.send("a");
    end();
    peer.send("b".repeat(20));
    expect(peer.overflows).toEqual(["disconnect said"]);
  });

  test("drained waits for a slow reader, and not for one that keeps up", async () => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn);
    expect(peer.outbox.drained()).toBeUndefined();
    peer.isCongested = true;
    peer.send("a");
    end();
    let isDrained = false;
    const drained = peer.outbox.drained()?.then(() => (isDrained = true));
    await Promise.resolve();
    expect(isDrained).toBe(false);
    peer.isCongested = false;
    peer.outbox.handleDrain();
    await drained;
    expect(isDrained).toBe(true);
  });

  test("drained also waits for the end of a turn that sent a lot, so that a loop of sends stays bounded", async () => {
    const { turn, end } = manualTurn();
    const peer = new Peer(turn, { maxOutboxBytes: 1_000_000 });
    peer.send("x".repeat(70_000));
    const drained = peer.outbox.drained();
    expect(drained).toBeInstanceOf(Promise);
    end();
    await drained;
  });
});

describe("a frame", () => {
  function counting(mark: string) {
    const made: string[] = [];
    const encode = (payload: string | Uint8Array) => {
      made.push(String(payload));
      return new TextEncoder().encode(mark + String(payload));
    };
    return { encode, made };
  }
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

  test("is encoded once for each transport, in whatever order its members come", () => {
    const frame = new Frame("one");
    const [a, b] = [counting("a"), counting("bb")];
    for (let n = 0; n < 3; n += 1) {
      expect([frame.size(a), frame.size(b)]).toEqual([4, 5]);
      expect([text(frame.bytes(a)), text(frame.bytes(b))]).toEqual(["aone", "bbone"]);
    }
    expect([a.made, b.made]).toEqual([["one"], ["one"]]);
  });

  test("that waits for a slow reader keeps its sizes, not its bytes, and is encoded again when it is written", () => {
    const frame = new Frame("one");
    const [a, b] = [counting("a"), counting("bb")];
    for (const encoder of [a, b]) frame.bytes(encoder);
    frame.forgetBytes();
    expect([frame.size(a), frame.size(b), a.made.length, b.made.length]).toEqual([4, 5, 1, 1]);
    expect([text(frame.bytes(b)), text(frame.bytes(a))]).toEqual(["bbone", "aone"]);
    expect([a.made.length, b.made.length]).toEqual([2, 2]);
  });
});

describe("messageFrame", () => {
  test("an event that many pass on is encoded once", () => {
    const event = snapshot({ from: "ann", text: "hi" }, snapshotDefaults);
    const frame = messageFrame("said", event, 0);
    expect(messageFrame("said", event, 0)).toBe(frame);
    expect(frame.payload).toBe('{"type":"said","data":{"from":"ann","text":"hi"}}');
  });

  test("the same event under another type or lane is another frame", () => {
    const event = snapshot({ text: "hi" }, snapshotDefaults);
    const frames = [messageFrame("said", event, 0), messageFrame("heard", event, 0), messageFrame("said", event, 2)];
    expect(frames.map((frame) => frame.payload)).toEqual([
      '{"type":"said","data":{"text":"hi"}}',
      '{"type":"heard","data":{"text":"hi"}}',
      '{"ch":2,"type":"said","data":{"text":"hi"}}',
    ]);
  });

  test("an object that its owner changes between two sends is never sent stale", () => {
    const data = { text: "before" };
    expect(messageFrame("said", data, 0).payload).toContain("before");
    data.text = "after";
    expect(messageFrame("said", data, 0).payload).toContain("after");
  });

  test("equal texts in a row share one frame", () => {
    expect(textFrame("same")).toBe(textFrame("same"));
    expect(messageFrame("said", { text: "x" }, 0)).toBe(messageFrame("said", { text: "x" }, 0));
  });
});
