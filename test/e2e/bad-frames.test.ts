import { contract, WebSocketConsumer, type Received } from "@solent/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { world } from "../support/world.ts";

const chat = contract({
  toServer: {
    say: z.object({ text: z.string().min(1), tags: z.array(z.string()).optional() }),
    typing: {},
  },
  toClient: { said: z.object({ text: z.string() }) },
});

class Chat extends WebSocketConsumer.of(chat) {
  override receive(frame: Received<typeof chat>) {
    if (frame.type === "say") this.send("said", { text: frame.data.text });
    else this.send("said", { text: "(typing)" });
  }
}

const complaints: readonly (readonly [what: string, frame: string, complaint: unknown])[] = [
  ["no JSON", "hello", { error: { code: "FRAME_INVALID", path: [] } }],
  ["nothing at all", "", { error: { code: "FRAME_INVALID", path: [] } }],
  ["a JSON text", '"say"', { error: { code: "FRAME_INVALID", path: [] } }],
  ["a JSON array", "[]", { error: { code: "FRAME_INVALID", path: [] } }],
  ["null", "null", { error: { code: "FRAME_INVALID", path: [] } }],
  ["an object without type", '{"data":{}}', { error: { code: "FRAME_INVALID", path: [] } }],
  ["a type that is no text", '{"type":7}', { error: { code: "FRAME_INVALID", path: ["type"] } }],
  ["a type that is null", '{"type":null}', { error: { code: "FRAME_INVALID", path: ["type"] } }],
  ["an id that is no number", '{"type":"typing","id":"1"}', { error: { code: "FRAME_INVALID", path: ["id"] } }],
  ["an id of zero", '{"type":"typing","id":0}', { error: { code: "FRAME_INVALID", path: ["id"] } }],
  [
    "an id too large to be exact",
    '{"type":"typing","id":9007199254740992}',
    { error: { code: "FRAME_INVALID", path: ["id"] } },
  ],
  ["both a message and an answer", '{"type":"typing","re":1}', { error: { code: "FRAME_INVALID", path: [] } }],
  [
    "both a message and a complaint",
    '{"type":"typing","error":{"code":"x"}}',
    { error: { code: "FRAME_INVALID", path: [] } },
  ],
  ["a bad answer", '{"re":null}', { error: { code: "FRAME_INVALID", path: ["re"] } }],
  ["a failed answer without code", '{"re":1,"error":{}}', { error: { code: "FRAME_INVALID", path: ["error"] } }],
  ["a complaint of its own", '{"error":{"code":"x"}}', { error: { code: "FRAME_INVALID", path: ["error"] } }],
  ["an unknown type", '{"type":"shout"}', { error: { code: "FRAME_UNKNOWN_TYPE", path: ["type"] } }],
  ["constructor as type", '{"type":"constructor"}', { error: { code: "FRAME_UNKNOWN_TYPE", path: ["type"] } }],
  ["__proto__ as type", '{"type":"__proto__"}', { error: { code: "FRAME_UNKNOWN_TYPE", path: ["type"] } }],
  ["toString as type", '{"type":"toString"}', { error: { code: "FRAME_UNKNOWN_TYPE", path: ["type"] } }],
  ["a method as type", '{"type":"receive"}', { error: { code: "FRAME_UNKNOWN_TYPE", path: ["type"] } }],
  ["a type hidden in a prototype", '{"__proto__":{"type":"typing"}}', { error: { code: "FRAME_INVALID", path: [] } }],
  ["no data where a schema asks for it", '{"type":"say"}', { error: { code: "CONTRACT_MISMATCH", path: ["data"] } }],
  [
    "data of the wrong type",
    '{"type":"say","data":{"text":7}}',
    { error: { code: "CONTRACT_MISMATCH", path: ["data", "text"] } },
  ],
  [
    "data wrong inside an array",
    '{"type":"say","data":{"text":"x","tags":["a",1]}}',
    { error: { code: "CONTRACT_MISMATCH", path: ["data", "tags", 1] } },
  ],
  [
    "a question with wrong data, answered by its id",
    '{"type":"say","id":3,"data":{}}',
    { re: 3, error: { code: "CONTRACT_MISMATCH", path: ["data", "text"] } },
  ],
  [
    "a question of unknown type, answered by its id",
    '{"type":"shout","id":3}',
    { re: 3, error: { code: "FRAME_UNKNOWN_TYPE", path: ["type"] } },
  ],
];

test.each(complaints)(
  "a frame that is %s gets a complaint, and the connection goes on",
  async (_what, frame, complaint) => {
    await using w = await world(Chat);
    await using peer = await w.connect();
    peer.send(frame);
    expect(await peer.json()).toEqual(complaint);
    peer.send({ type: "say", data: { text: "right" } });
    expect(await peer.json()).toEqual({ type: "said", data: { text: "right" } });
    await peer.close();
    await w.isUnharmed();
  },
);

test("a binary frame where messages are expected gets a complaint, and the connection goes on", async () => {
  await using w = await world(Chat);
  await using peer = await w.connect();
  peer.send(Buffer.from('{"type":"typing"}'));
  expect(await peer.json()).toEqual({ error: { code: "FRAME_BINARY", path: [] } });
  peer.send({ type: "typing" });
  expect(await peer.json()).toEqual({ type: "said", data: { text: "(typing)" } });
  await peer.close();
  await w.isUnharmed();
});

test("unknown keys of a frame are ignored", async () => {
  await using w = await world(Chat);
  await using peer = await w.connect();
  peer.send({ type: "say", data: { text: "hi" }, at: 3, colour: "red", constructor: 1 });
  expect(await peer.json()).toEqual({ type: "said", data: { text: "hi" } });
});

test("a question whose id is still open gets a complaint about the id", async () => {
  const asked: number[] = [];
  let answerFirst: () => void = () => {};
  const slow = contract({ toServer: { ask: { reply: z.number() } } });
  class Slow extends WebSocketConsumer.of(slow) {
    override async receive(frame: Received<typeof slow>) {
      const count = asked.push(1);
      if (count === 1) await new Promise<void>((resolve) => (answerFirst = resolve));
      frame.reply(count);
    }
  }
  await using w = await world(Slow);
  await using peer = await w.connect();
  peer.send({ type: "ask", id: 5 });
  peer.send({ type: "ask", id: 5 });
  expect(await peer.json()).toEqual({ error: { code: "FRAME_INVALID", path: ["id"] } });
  answerFirst();
  expect(await peer.json()).toEqual({ re: 5, data: 1 });
  peer.send({ type: "ask", id: 5 });
  expect(await peer.json()).toEqual({ re: 5, data: 2 });
});

test("a client that sends too many bad frames is closed with 4400 after the last complaint", async () => {
  await using w = await world(Chat, { limits: { maxBadFrames: 3 } });
  await using peer = await w.connect();
  for (const frame of ["1", "2", "3", "4"]) peer.send(frame);
  expect(await peer.end).toEqual({ code: 4400, reason: "bad frame" });
  expect(peer.heard.all()).toHaveLength(3);
  await w.isUnharmed();
});

test("good frames between do not forgive bad ones", async () => {
  await using w = await world(Chat, { limits: { maxBadFrames: 2 } });
  await using peer = await w.connect();
  peer.send("bad");
  peer.send({ type: "typing" });
  peer.send("bad");
  expect((await peer.end).code).toBe(4400);
  await w.isUnharmed();
});

test("bad frames of one client do not count against another", async () => {
  await using w = await world(Chat, { limits: { maxBadFrames: 2 } });
  await using one = await w.connect();
  await using other = await w.connect();
  one.send("bad");
  other.send("bad");
  await one.json();
  await other.json();
  one.send({ type: "typing" });
  other.send({ type: "typing" });
  expect(await one.json()).toEqual({ type: "said", data: { text: "(typing)" } });
  expect(await other.json()).toEqual({ type: "said", data: { text: "(typing)" } });
});

test("a schema that throws is the server's fault: logged, closed with 4500, and no detail crosses the wire", async () => {
  // A library that does not catch what a user's transform throws.
  const thrower = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (): { value: string } => {
        throw new Error("secret detail");
      },
    },
  };
  const broken = contract({ toServer: { say: { data: thrower } } });
  class Broken extends WebSocketConsumer.of(broken) {}
  await using w = await world(Broken);
  await using peer = await w.connect();
  peer.send({ type: "say", data: "boom" });
  expect(await peer.end).toEqual({ code: 4500, reason: "handler failed" });
  expect(peer.heard.size).toBe(0);
  expect(String((await w.log.line("Broken.receive() failed")).fields["err"])).toContain("secret detail");
  await w.isUnharmed();
});

test("a consumer without a contract that takes no bytes closes a binary frame with 1003", async () => {
  class Text extends WebSocketConsumer {
    override receive(text: string) {
      this.send(text);
    }
  }
  await using w = await world(Text);
  await using peer = await w.connect();
  peer.send(Buffer.from([1, 2, 3]));
  expect(await peer.end).toEqual({ code: 1003, reason: "unsupported data" });
  await w.isUnharmed();
});

test("text and bytes come back as they went, emoji and invalid UTF-8 in bytes included", async () => {
  class Echo extends WebSocketConsumer {
    override receive(text: string) {
      this.send(text);
    }
    override receiveBinary(bytes: Uint8Array) {
      this.send(bytes);
    }
  }
  await using w = await world(Echo);
  await using peer = await w.connect();
  const text = "\u{1F600} grüße \0 \u2028";
  const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]);
  peer.send(text);
  peer.send(bytes);
  peer.send("");
  peer.send(Buffer.alloc(0));
  expect(await peer.heard.take(4)).toEqual([text, bytes, "", Buffer.alloc(0)]);
});
