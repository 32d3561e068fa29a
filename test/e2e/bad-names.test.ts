import { SolentError, WebSocketConsumer, type EnvironmentOptions } from "@solent/core";
import { expect, test } from "vitest";
import { world } from "../support/world.ts";

type Unknown = Parameters<NonNullable<EnvironmentOptions["onUnknown"]>>[0];

/** Does what it is told, and says what came of it. */
class Teller extends WebSocketConsumer {
  override async receive(text: string) {
    const [what, ...names] = JSON.parse(text) as [string, ...string[]];
    const [first = "", second = "", third = ""] = names;
    try {
      if (what === "join") await this.group(first).join();
      else if (what === "add") await this.layer.groupAdd(first, this.channelName);
      else if (what === "group") await this.group(first).send(second, {});
      else if (what === "direct") await this.layer.send(first || this.channelName, { type: second, note: third });
      else if (what === "typed-field") await this.layer.groupSend(first, { type: second, [third]: 1 });
      this.send("done");
    } catch (error) {
      this.send(SolentError.is(error) ? `${error.code} ${error.message}` : String(error));
    }
  }
  chat_line() {
    this.send("line");
  }
}

const rule = "a group name is 1 to 99 ASCII letters, digits, hyphens, underscores and dots";

test.each([
  ["an empty name", ""],
  ["a name that is too long", "x".repeat(100)],
  ["a name with a space", "a b"],
  ["a name with a slash", "a/b"],
  ["a name with a line break at its end", "abc\n"],
  ["a name with letters beyond ASCII", "grüße"],
  ["a name with a NUL", "a\0b"],
  ["a channel's name", "specific.abc!1"],
])("a group with %s is refused with the rule and the limit", async (_what, name) => {
  await using w = await world(Teller);
  await using peer = await w.connect();
  for (const way of ["join", "add", "group"]) {
    peer.send([way, name, "chat.line"]);
    const answer = await peer.text();
    expect(answer).toContain("NAME_INVALID");
    expect(answer).toContain(rule);
    // What came from outside begins no line of its own in a log.
    expect(answer).not.toContain("\n");
  }
  await peer.close();
  await w.isUnharmed();
});

test("a channel name that breaks the rule is refused with the rule and the limit", async () => {
  await using w = await world(Teller);
  await using peer = await w.connect();
  for (const name of ["a b", "a!b!c", "!a", "x".repeat(100), "__proto__\n"]) {
    peer.send(["direct", name, "chat.line"]);
    expect(await peer.text()).toMatch(/NAME_INVALID .*a channel name is 1 to 99 ASCII letters/);
  }
  await peer.close();
  await w.isUnharmed();
});

test("a message to a connection that has ended is refused as unreachable", async () => {
  class Named extends WebSocketConsumer {
    override connect() {
      const admission = this.accept();
      this.send(this.channelName);
      return admission;
    }
  }
  await using w = await world(Named);
  await using peer = await w.connect();
  const name = await peer.text();
  await w.layer.send(name, { type: "chat.line" });
  await peer.close();
  await w.isUnharmed();
  await expect(w.layer.send(name, { type: "chat.line" })).rejects.toThrow(/CHANNEL|reaches nobody/);
});

test.each([
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "send",
  "connect",
  "chat_line",
  "Chat.line",
  "chat..line",
  ".line",
  "chat.line ",
  "",
])("an event of type %j is refused where it is sent, and reaches nobody", async (type) => {
  await using w = await world(Teller);
  await using peer = await w.connect();
  for (const way of ["group", "direct"]) {
    peer.send([way, way === "group" ? "healthy" : "", type]);
    expect(await peer.text()).toContain("EVENT_INVALID");
  }
  await peer.close();
  await w.isUnharmed();
});

test.each([
  "websocket.receive",
  "websocket.disconnect",
  "http.request",
  "lifespan.startup",
  "group.gap",
  "solent.hello",
])("the event type %s is reserved: sending one is an error", async (type) => {
  await using w = await world(Teller);
  await using peer = await w.connect();
  peer.send(["group", "healthy", type]);
  expect(await peer.text()).toMatch(/EVENT_INVALID .*reserved/);
  await peer.close();
  await w.isUnharmed();
});

test("prototype-named fields of an event are data like any other, and change no prototype", async () => {
  await using w = await world(Teller);
  await using peer = await w.connect();
  for (const field of ["constructor", "toString"]) {
    peer.send(["typed-field", "nobody", "chat.line", field]);
    expect(await peer.text()).toBe("done");
  }
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  await peer.close();
  await w.isUnharmed();
});

test("an event that a class has no handler for is counted, logged once a class and type, and ends nothing", async () => {
  class Deaf extends WebSocketConsumer {
    override async connect() {
      await this.group("deaf").join();
      return this.accept();
    }
    override receive(text: string) {
      this.send(text);
    }
  }
  const unknown: Unknown[] = [];
  await using w = await world(Deaf, { onUnknown: (what) => void unknown.push(what) });
  await using one = await w.connect();
  await using two = await w.connect();
  for (const type of ["chat.line", "chat.line", "constructor.name", "proto.chain"]) {
    await w.layer.groupSend("deaf", { type });
  }
  for (const peer of [one, two]) {
    peer.send("still here");
    expect(await peer.text()).toBe("still here");
  }
  const lines = w.log.about("counted and ignored");
  expect(lines.map(({ fields }) => [fields["consumer"], fields["type"]])).toEqual([
    ["Deaf", "chat.line"],
    ["Deaf", "constructor.name"],
    ["Deaf", "proto.chain"],
  ]);
  expect(lines[0]?.message).toContain("chat_line(event)");
  expect(unknown).toHaveLength(8);
  expect(unknown[0]).toMatchObject({ kind: "event", type: "chat.line", consumer: "Deaf" });
  await one.close();
  await two.close();
  await w.isUnharmed();
});
