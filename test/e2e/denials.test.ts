import { connect } from "@solent/client";
import { allowOrigins, contract, path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve, type ServeOptions, type SolentServer } from "@solent/core/node";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { Log } from "../support/log.ts";
import { refused } from "../support/peer.ts";

const door = contract({ toClient: { said: {} } });

class Door extends WebSocketConsumer.of(door) {
  override connect() {
    if (this.scope.path === "/throw") throw new Error("broken");
    const status = Number(this.scope.path.slice(1));
    return status === 200 ? this.accept() : this.deny(status);
  }
}

function open(options: ServeOptions): Promise<SolentServer> {
  const routes = new URLRouter([path("/:status", Door)]);
  const app = new ProtocolTypeRouter({ websocket: allowOrigins("same-host")(routes) });
  return serve(app, { port: 0, host: "127.0.0.1", logger: new Log(), ...options });
}

test.each([
  ["401", 4401, "server"],
  ["403", 4403, "server"],
  ["404", 4404, "server"],
  ["no/such/route", 4404, "server"],
])("with denials by close code, a client that is denied %s ends at once with %i", async (what, code, cause) => {
  await using server = await open({ denials: "closeCode" });
  await using room = connect<typeof door>(`ws://127.0.0.1:${server.port}/${what}`, { WebSocket });
  expect(await room.closed).toMatchObject({ code, cause });
  expect(server.connectionCount).toBe(0);
});

test.each([
  ["429", 4429],
  ["503", 1013],
  ["throw", 4500],
])("a denial that may pass (%s) tells the client to come back after a pause", async (what, code) => {
  await using server = await open({ denials: "closeCode" });
  await using room = connect<typeof door>(`ws://127.0.0.1:${server.port}/${what}`, { WebSocket });
  const info = await new Promise((resolve) => room.onState((state, told) => state === "waiting" && resolve(told)));
  expect(info).toMatchObject({ code });
  expect((info as { retryInMs: number }).retryInMs).toBeGreaterThanOrEqual(5_000);
});

test("a page of a foreign origin is closed with 4403 before it hears anything", async () => {
  await using server = await open({ denials: "closeCode" });
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/200`, ["solent.v1"], { origin: "https://evil.example" });
  const heard: unknown[] = [];
  socket.on("message", (data) => heard.push(data));
  expect(await new Promise((resolve) => socket.on("close", resolve))).toBe(4403);
  expect(heard).toEqual([]);
});

test("who does not offer solent.v1 gets the status, and so does everybody by default", async () => {
  await using codes = await open({ denials: "closeCode" });
  await using statuses = await open({});
  expect((await refused(codes.port, { path: "/403" })).status).toBe(403);
  expect((await refused(codes.port, { path: "/418", subprotocols: ["solent.v1"] })).status).toBe(418);
  expect((await refused(statuses.port, { path: "/403", subprotocols: ["solent.v1"] })).status).toBe(403);
});

test("a word that is neither is refused when the server starts", async () => {
  await expect(open({ denials: "closecode" as never })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});
