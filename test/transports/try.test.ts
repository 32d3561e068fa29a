import { InMemoryChannelLayer, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve } from "@solent/core/node";
import { expect, test } from "vitest";

class Echo extends WebSocketConsumer {
  override async connect() {
    await this.layer.groupAdd("room", this.channelName);
    return this.accept();
  }
  override receive(text: string) {
    this.send(`${this.connection.transport}:${text}:${this.scope.queryString}`);
  }
  override receiveBinary(bytes: Uint8Array) {
    this.send(bytes);
  }
  room_line(event: { text: string }) {
    this.send(event.text);
  }
}

test("sse", async () => {
  const layer = new InMemoryChannelLayer();
  await using server = await serve(new ProtocolTypeRouter({ websocket: new URLRouter([path("/echo", Echo)]) }), {
    port: 0,
    layer,
  });
  const url = `http://127.0.0.1:${server.port}/echo`;
  const answer = await fetch(`${url}?a=1&~solent=sse&b=2`);
  expect(answer.status).toBe(200);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (what: string) => {
    while (!text.includes(what)) text += (await reader.read()).value ?? "";
  };
  await until("event: open");
  await until("}\n");
  const id = /"id":"([^"]+)"/.exec(text)![1];
  const post = (op: string, body: unknown) =>
    fetch(`${url}?~solent=${op}`, { method: "POST", body: JSON.stringify(body) });
  expect((await post("send", { id, n: 1, frames: ["hello", "a\nb", { binary: "AAEC" }] })).status).toBe(204);
  await until("sse:hello:a=1&b=2");
  await until('event: text\ndata: "sse:a\\nb:a=1&b=2"');
  await until("event: binary\ndata: AAEC");
  expect((await post("send", { id, n: 1, frames: ["again"] })).status).toBe(204);
  expect((await post("send", { id, n: 3, frames: ["again"] })).status).toBe(409);
  expect((await post("send", { id: `${id}x`, n: 3, frames: ["again"] })).status).toBe(410);
  await layer.groupSend("room", { type: "room.line", text: "to all" });
  await until("data: to all");
  expect(text).not.toContain("again");
  expect((await post("send", { id, n: 0, close: { code: 1000 } })).status).toBe(204);
  while (!(await reader.read()).done);
  expect(server.connectionCount).toBe(0);
});

test("poll", async () => {
  const layer = new InMemoryChannelLayer();
  await using server = await serve(new ProtocolTypeRouter({ websocket: new URLRouter([path("/echo", Echo)]) }), {
    port: 0,
    layer,
  });
  const url = `http://127.0.0.1:${server.port}/echo`;
  const first = await (await fetch(`${url}?~solent=poll`)).text();
  const id = /"id":"([^"]+)"/.exec(first)![1];
  const post = (op: string, body: unknown) =>
    fetch(`${url}?~solent=${op}`, { method: "POST", body: JSON.stringify(body) });
  expect((await post("send", { id, n: 1, frames: ["hello"] })).status).toBe(204);
  const second = await (await post("poll", { id, after: 1 })).text();
  expect(second).toContain("data: poll:hello:");
  expect(await (await post("poll", { id, after: 1 })).text()).toBe(second);
  const waiting = post("poll", { id, after: 2 });
  await layer.groupSend("room", { type: "room.line", text: "to all" });
  expect(await (await waiting).text()).toContain("to all");
});
