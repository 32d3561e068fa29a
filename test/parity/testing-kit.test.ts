import { path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { testServer } from "@solent/core/testing";
import { expect, test } from "vitest";

/** What the original's own tests of its communicators show, for ours. */

class Telling extends WebSocketConsumer {
  override receive(text: string) {
    const { scope, params } = this;
    if (text === "scope")
      this.send(JSON.stringify([scope.path, scope.rawPath, scope.queryString, params, scope.scheme]));
    if (text === "twice") for (const word of ["one", "two"]) this.send(word);
    if (text === "close") this.close(4002, "enough");
  }
}

const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/rooms/:room", Telling)]) });

test.each([
  ["/rooms/red?a=%20b", ["/rooms/red", "/rooms/red", "a=%20b", { room: "red" }, "ws"]],
  ["/rooms/caf%C3%A9", ["/rooms/café", "/rooms/caf%C3%A9", "", { room: "café" }, "ws"]],
  ["wss://ann:pw@example.test:444/rooms/red#top", ["/rooms/red", "/rooms/red", "", { room: "red" }, "wss"]],
])("the path of %s is decoded text in the scope, and the query as it came", async (target, scope) => {
  await using server = testServer(app);
  const client = await server.connect(target);
  client.sendFrame("scope");
  expect(JSON.parse((await client.nextFrame()) as string)).toEqual(scope);
});

test("reading from a connection that the server has closed says so, with code and reason", async () => {
  await using server = testServer(app);
  const client = await server.connect("/rooms/red");
  client.sendFrame("close");
  await expect(client.nextFrame()).rejects.toThrow(
    'expected a frame, but the connection was closed with 4002 "enough"',
  );
  expect(() => client.sendFrame("hello?")).toThrow("sendFrame()");
});

test("nothing is pending before a frame arrives, and as many as have arrived until they are read", async () => {
  await using server = testServer(app);
  const client = await server.connect("/rooms/red");
  await server.idle();
  expect(client.pending).toBe(0);
  client.sendFrame("twice");
  await server.idle();
  expect(client.pending).toBe(2);
  expect([await client.nextFrame(), await client.nextFrame()]).toEqual(["one", "two"]);
  expect(client.pending).toBe(0);
});

test("a path that no route matches is a refusal with 404", async () => {
  await using server = testServer(app, { logger: { info() {}, warn() {}, error() {} } });
  await expect(server.connect("/nowhere")).rejects.toMatchObject({ details: { status: 404 } });
});
