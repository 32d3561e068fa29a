import { WebSocketConsumer, type End } from "@solent/core";
import { expect, test } from "vitest";
import { connect } from "../support/peer.ts";
import { block, gate, until } from "../support/turns.ts";
import { frame } from "../support/wire.ts";
import { world } from "../support/world.ts";

const ends: End[] = [];

class Room extends WebSocketConsumer {
  room = this.group("room");
  override async connect() {
    await this.room.join();
    return this.accept();
  }
  override async receive(text: string) {
    await this.room.send("room.line", { text });
  }
  room_line({ text }: { text: string }) {
    this.send(text);
  }
  override disconnect(end: End) {
    ends.push(end);
  }
}

test("a peer that never reads is cut off when its outbox is full; the others hear everything and memory stays bounded", async () => {
  ends.length = 0;
  await using w = await world(Room, { limits: { maxOutboxBytes: 200_000, closeTimeoutMs: 100 } });
  await using stuck = await w.wire();
  stuck.socket.pause();
  await using reader = await w.connect();
  const line = "x".repeat(10_000);
  const before = process.memoryUsage();
  let sent = 0;
  while (w.counts().memberships > 2) {
    reader.send(line);
    sent++;
    expect(await reader.text()).toBe(line);
    await w.stillServes();
  }
  const grown = process.memoryUsage().arrayBuffers - before.arrayBuffers;
  // What the kernel takes for a socket that is not read is not ours: a few MB on each side.
  expect(sent * line.length).toBeGreaterThan(200_000);
  expect(grown).toBeLessThan(20_000_000);
  await until(() => ends.length === 1);
  expect(ends[0]).toEqual({ code: 1013, reason: "try again later", cause: "error" });
  expect((await w.log.line("reads too slowly")).fields["bufferedBytes"]).toBeLessThanOrEqual(210_000);
  stuck.socket.resume();
  await stuck.ended;
  await reader.close();
  await w.isUnharmed();
});

test("a peer that never reads holds its socket no longer than closeTimeoutMs", async () => {
  await using w = await world(Room, { limits: { maxOutboxBytes: 50_000, closeTimeoutMs: 50 } });
  const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
  const before = sockets();
  await using stuck = await w.wire();
  stuck.socket.pause();
  while (w.counts().memberships > 1) {
    await w.layer.groupSend("room", { type: "room.line", text: "x".repeat(50_000) });
    await new Promise(setImmediate);
  }
  // The server's end is destroyed; the client's own end, which is not read, does not know yet.
  expect(sockets()).toBe(before + 2);
  await until(() => sockets() === before + 1);
  await w.isUnharmed();
});

test("a peer that vanishes without a word is noticed by the heartbeat", async () => {
  ends.length = 0;
  await using w = await world(Room, { limits: { heartbeatIntervalMs: 60, heartbeatTimeoutMs: 60 } });
  // It reads, and answers no ping, as a peer behind a dead network.
  await using gone = await w.wire();
  const ping = await gone.frames.next();
  expect(ping.opcode).toBe(9);
  await gone.ended;
  await w.isUnharmed();
  expect(ends).toEqual([{ code: 1006, reason: "", cause: "timeout" }]);
});

test("a peer that answers pings lives on, and its latency is known", async () => {
  const latencies: (number | undefined)[] = [];
  class Pinged extends WebSocketConsumer {
    override receive() {
      latencies.push(this.connection.latencyMs);
      this.send("ok");
    }
  }
  await using w = await world(Pinged, { limits: { heartbeatIntervalMs: 40, heartbeatTimeoutMs: 200 } });
  await using peer = await w.connect();
  peer.send("before");
  await peer.text();
  await until(() => peer.pings >= 8);
  peer.send("after");
  await peer.text();
  expect(latencies[0]).toBeUndefined();
  expect(latencies[1]).toBeGreaterThanOrEqual(0);
  expect(latencies[1]).toBeLessThan(100);
});

test("a peer whose pongs are late but whose messages come is not cut off", async () => {
  await using w = await world(Room, { limits: { heartbeatIntervalMs: 50, heartbeatTimeoutMs: 50 } });
  await using busy = await w.wire();
  let pings = 0;
  while (pings < 6) {
    const next = await busy.frames.next();
    if (next.opcode !== 9) continue;
    pings++;
    busy.write(frame("I am here"));
  }
  expect(w.counts().connections).toBe(2);
});

test("a server that was held up does not take it for the silence of its peers", async () => {
  await using w = await world(Room, { limits: { heartbeatIntervalMs: 60, heartbeatTimeoutMs: 60 } });
  await using peer = await w.connect();
  await until(() => peer.pings >= 1);
  for (let i = 0; i < 3; i++) {
    const pings = peer.pings;
    block(250);
    await until(() => peer.pings > pings);
  }
  peer.send("still here");
  expect(await peer.text()).toBe("still here");
});

test("a consumer that takes its time, and whose socket is not read meanwhile, is not taken for a dead peer", async () => {
  const go = gate();
  const beats = gate();
  let handled = 0;
  class Slow extends WebSocketConsumer {
    override async receive() {
      handled++;
      await go.passed;
    }
  }
  await using w = await world(Slow, {
    limits: { heartbeatIntervalMs: 40, heartbeatTimeoutMs: 40, idleTimeoutMs: 80, maxQueuedFrames: 2 },
  });
  await using peer = await w.connect();
  for (let i = 0; i < 5; i++) peer.send("work");
  // Another connection's end by idleness shows that the same clock has run for longer than the limits allow.
  await using idle = await connect(w.port);
  void idle.end.then(() => beats.open());
  await beats.passed;
  go.open();
  await until(() => handled === 5);
  expect(peer.socket.readyState).toBe(peer.socket.OPEN);
});

test("a peer that resets its connection ends alone", async () => {
  ends.length = 0;
  await using w = await world(Room);
  await using peer = await w.wire();
  peer.socket.resetAndDestroy();
  await w.isUnharmed();
  expect(ends).toEqual([{ code: 1006, reason: "", cause: "error" }]);
});

test("a peer that hangs up without a close frame ends alone", async () => {
  ends.length = 0;
  await using w = await world(Room);
  await using peer = await w.wire();
  peer.write(frame("last words"));
  peer.socket.end();
  await w.isUnharmed();
  expect(ends).toEqual([{ code: 1006, reason: "", cause: "error" }]);
});

test("a peer that sends a close frame and then keeps its socket is let go after closeTimeoutMs", async () => {
  ends.length = 0;
  await using w = await world(Room, { limits: { closeTimeoutMs: 50 } });
  await using peer = await w.wire();
  peer.write(frame(Buffer.from([0x03, 0xe8]), { opcode: 8 }));
  expect(await peer.closeCode()).toBe(1000);
  await peer.ended;
  await w.isUnharmed();
  expect(ends).toEqual([{ code: 1000, reason: "", cause: "client" }]);
});

test("a client that says nothing for idleTimeoutMs is closed with 4408, however many pings it answers", async () => {
  ends.length = 0;
  await using w = await world(Room, {
    limits: { idleTimeoutMs: 150, heartbeatIntervalMs: 20, heartbeatTimeoutMs: 1_000 },
  });
  w.healthy.socket.on("ping", () => w.healthy.send("I talk"));
  await using idle = await w.connect();
  expect(await idle.end).toEqual({ code: 4408, reason: "timeout" });
  expect(idle.pings).toBeGreaterThan(0);
  await until(() => ends.length === 1);
  expect(ends).toEqual([{ code: 4408, reason: "timeout", cause: "timeout" }]);
});
