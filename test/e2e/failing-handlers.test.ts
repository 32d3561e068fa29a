import {
  Consumer,
  contract,
  StopConsumer,
  WebSocketConsumer,
  type End,
  type OnError,
  type Received,
} from "@solent/core";
import { expect, test } from "vitest";
import { refused } from "../support/peer.ts";
import { gate } from "../support/turns.ts";
import { world } from "../support/world.ts";

const ends: End[] = [];
const broken = (): never => {
  throw new Error("secret detail");
};

/** Each test's consumers tell their ends here. */
class Told extends WebSocketConsumer {
  override disconnect(end: End) {
    ends.push(end);
  }
}

class InField extends Told {
  readonly room = this.group("in-field");
  readonly value: number = broken();
}
class InConnect extends Told {
  override connect() {
    return broken();
  }
}
class InAsyncConnect extends Told {
  override async connect() {
    await this.group("in-connect").join();
    return broken();
  }
}
class AfterDenying extends Told {
  override connect() {
    this.deny(401);
    return broken();
  }
}

test.each([
  ["a field of the class", InField, 500, []],
  ["connect", InConnect, 500, ["error"]],
  ["an async connect, after it joined a group", InAsyncConnect, 500, ["error"]],
  ["connect, after it denied", AfterDenying, 401, ["server"]],
] as const)(
  "a throw in %s refuses the handshake and leaves nothing behind",
  async (_where, consumer, status, causes) => {
    ends.length = 0;
    await using w = await world(consumer);
    const refusal = await refused(w.port);
    expect(refusal.status).toBe(status);
    expect(refusal.body).not.toContain("secret");
    await w.isUnharmed();
    expect(ends.map(({ cause }) => cause)).toEqual(causes);
    const where = consumer === InField ? "constructor" : "connect";
    const line = await w.log.line(`${consumer.name}.${where}() failed`);
    expect(line.level).toBe("error");
    expect(String(line.fields["err"])).toContain("secret detail");
  },
);

class AfterAccepting extends Told {
  override async connect() {
    this.accept();
    return broken();
  }
}
class InReceive extends Told {
  override receive() {
    broken();
  }
}
class InAsyncReceive extends Told {
  override async receive() {
    await this.group("in-receive").join();
    broken();
  }
}
class InReceiveBinary extends Told {
  override receiveBinary() {
    broken();
  }
}
class InEvent extends Told {
  override async receive() {
    await this.layer.send(this.channelName, { type: "chat.line" });
  }
  chat_line() {
    broken();
  }
}
class InAsyncEvent extends Told {
  override async receive() {
    await this.layer.send(this.channelName, { type: "chat.line" });
  }
  async chat_line() {
    await Promise.resolve();
    broken();
  }
}
class RejectsWithNothing extends Told {
  override receive() {
    const nothing: unknown = undefined;
    return Promise.reject(nothing);
  }
}

test.each([
  ["connect, after it accepted", AfterAccepting, "connect"],
  ["receive", InReceive, "receive"],
  ["an async receive", InAsyncReceive, "receive"],
  ["receiveBinary", InReceiveBinary, "receive"],
  ["an event's handler", InEvent, "chat_line"],
  ["an async event's handler", InAsyncEvent, "chat_line"],
  ["a handler that rejects with nothing", RejectsWithNothing, "receive"],
] as const)(
  "a throw in %s is logged whole, and the peer sees 4500 and a fixed text",
  async (_where, consumer, handler) => {
    ends.length = 0;
    await using w = await world(consumer);
    await using peer = await w.connect();
    peer.send(consumer === InReceiveBinary ? Buffer.from("go") : "go");
    expect(await peer.end).toEqual({ code: 4500, reason: "handler failed" });
    expect(peer.heard.size).toBe(0);
    await w.isUnharmed();
    const { fields } = await w.log.line(`${consumer.name}.${handler}() failed`);
    expect(fields).toMatchObject({ consumer: consumer.name, handler, path: "/" });
    expect(ends).toEqual([{ code: 4500, reason: "handler failed", cause: "error" }]);
  },
);

test.each(["sync", "async"] as const)("a throw in disconnect is logged and changes nothing else (%s)", async (how) => {
  class InDisconnect extends WebSocketConsumer {
    room = this.group("in-disconnect");
    override async connect() {
      await this.room.join();
      return this.accept();
    }
    override disconnect() {
      if (how === "sync") broken();
      return Promise.resolve().then(broken);
    }
  }
  await using w = await world(InDisconnect);
  await using peer = await w.connect();
  await peer.close();
  await w.isUnharmed();
  expect((await w.log.line("InDisconnect.disconnect() failed")).level).toBe("error");
});

test("onError may keep the connection, or close it with a code of its own", async () => {
  class Picky extends Told {
    override receive(text: string) {
      if (text !== "good") throw new Error(text);
      this.send("good");
    }
  }
  ends.length = 0;
  await using w = await world(Picky, {
    onError: (error, failure) => {
      expect(failure).toMatchObject({ consumer: "Picky", handler: "receive", path: "/" });
      return (error as Error).message === "minor" ? "keep" : { closeCode: 4321 };
    },
  });
  await using peer = await w.connect();
  peer.send("minor");
  peer.send("good");
  expect(await peer.text()).toBe("good");
  peer.send("major");
  expect((await peer.end).code).toBe(4321);
  await w.isUnharmed();
  expect(ends.map(({ code, cause }) => [code, cause])).toEqual([[4321, "error"]]);
});

const badPolicies: readonly (readonly [what: string, onError: OnError])[] = [
  ["throws itself", () => broken()],
  ["answers with a code that may not be sent", () => ({ closeCode: 1006 })],
  ["answers with nothing", () => undefined as unknown as "keep"],
];

test.each(badPolicies)("an onError that %s closes with 4500 and takes nothing else down", async (_what, onError) => {
  await using w = await world(InAsyncReceive, { onError });
  await using peer = await w.connect();
  peer.send("go");
  expect((await peer.end).code).toBe(4500);
  await w.log.line("onError failed");
  await w.isUnharmed();
});

test.each([
  ["connect", 403],
  ["receive", 1000],
  ["stop_now", 1000],
] as const)("StopConsumer in %s ends the consumer cleanly, without a word in the log", async (where, code) => {
  ends.length = 0;
  class Stopping extends Told {
    override connect() {
      if (where === "connect") throw new StopConsumer();
      return this.accept();
    }
    override async receive() {
      if (where === "receive") throw new StopConsumer();
      await this.layer.send(this.channelName, { type: "stop.now" });
    }
    stop_now() {
      throw new StopConsumer();
    }
  }
  await using w = await world(Stopping);
  if (where === "connect") {
    expect((await refused(w.port)).status).toBe(code);
  } else {
    await using peer = await w.connect();
    peer.send("go");
    expect((await peer.end).code).toBe(code);
  }
  await w.isUnharmed();
  expect(ends.map(({ cause }) => cause)).toEqual(["server"]);
  expect(w.log.lines).toEqual([]);
});

test("a protocol-level consumer fails and stops by the same rules", async () => {
  class Raw extends Consumer {
    websocket_connect() {
      this.send({ type: "websocket.accept" });
    }
    websocket_receive(event: { text?: string }) {
      if (event.text === "stop") throw new StopConsumer();
      if (event.text === "bad close") this.send({ type: "websocket.close", code: 1006 });
      if (event.text === "long close") this.send({ type: "websocket.close", code: 4000, reason: "é".repeat(100) });
      broken();
    }
    websocket_disconnect(event: { code?: number; reason?: string; cause?: string }) {
      ends.push({ code: event.code, reason: event.reason, cause: event.cause } as End);
    }
  }
  ends.length = 0;
  await using w = await world(Raw);
  const codes: number[] = [];
  const reasons: string[] = [];
  for (const text of ["stop", "bad close", "long close", "throw"]) {
    await using peer = await w.connect();
    peer.send(text);
    const { code, reason } = await peer.end;
    codes.push(code);
    reasons.push(reason);
  }
  expect(codes).toEqual([1000, 4500, 4000, 4500]);
  expect(reasons[2]).toBe("é".repeat(61));
  await w.isUnharmed();
  expect(ends.map(({ cause }) => cause)).toEqual(["server", "error", "server", "error"]);
});

test("what was queued behind a handler that fails, or closes, is not handled", async () => {
  const handled: string[] = [];
  const go = gate();
  class Guarded extends WebSocketConsumer {
    override async receive(text: string) {
      handled.push(text);
      await go.passed;
      if (text === "close") this.close(4000, "enough");
      else broken();
    }
  }
  await using w = await world(Guarded);
  await using closing = await w.connect();
  await using failing = await w.connect();
  for (const peer of [closing, failing]) {
    for (const text of [peer === closing ? "close" : "fail", "after 1", "after 2"]) peer.send(text);
    await peer.synced();
  }
  go.open();
  expect((await closing.end).code).toBe(4000);
  expect((await failing.end).code).toBe(4500);
  await w.isUnharmed();
  expect(handled).toEqual(["close", "fail"]);
});

test("a handler that fails answers the question it was asked before the connection closes", async () => {
  const asking = contract({ toServer: { ask: {} } });
  class Asked extends WebSocketConsumer.of(asking) {
    override receive(_frame: Received<typeof asking>) {
      broken();
    }
  }
  await using w = await world(Asked);
  await using peer = await w.connect();
  peer.send({ type: "ask", id: 9 });
  expect(await peer.json()).toEqual({ re: 9, error: { code: "HANDLER_FAILED" } });
  expect((await peer.end).code).toBe(4500);
  await w.isUnharmed();
});

test("a handler that stops because its signal fired is no failure", async () => {
  const waiting = gate();
  const stopped = gate();
  class Waiting extends WebSocketConsumer {
    override async receive() {
      const aborted = new Promise<never>((_, reject) => {
        this.signal.addEventListener("abort", () => reject(this.signal.reason as Error));
      });
      waiting.open();
      await aborted.finally(() => stopped.open());
    }
  }
  await using w = await world(Waiting);
  await using peer = await w.connect();
  peer.send("go");
  await waiting.passed;
  await peer.close();
  await stopped.passed;
  await w.isUnharmed();
  expect(w.log.lines).toEqual([]);
});
