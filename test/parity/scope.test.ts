import { path, ProtocolTypeRouter, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve } from "@solent/core/node";
import { expect, test } from "vitest";
import { connect } from "../support/peer.ts";
import { until } from "../support/turns.ts";

class Telling extends WebSocketConsumer {
  override receive() {
    const { client, scheme, headers, type } = this.scope;
    this.send(JSON.stringify({ client, scheme, type, header: headers["x-test"] }));
  }
}

test("scope.client is the peer's address and port, and headers stand under their names in lower case", async () => {
  const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/", Telling)]) });
  await using server = await serve(app, { port: 0, host: "127.0.0.1" });
  await using peer = await connect(server.port, { headers: { "X-Test": "one" } });
  peer.send("who am I?");
  expect(await peer.json()).toEqual({
    client: { address: "127.0.0.1", port: peer.wire.localPort },
    scheme: "ws",
    type: "websocket",
    header: "one",
  });
});

test("an open connection is touched by no deadline of handshakes and requests", async () => {
  const app = new ProtocolTypeRouter({ websocket: new URLRouter([path("/", Telling)]) });
  const limits = { handshakeTimeoutMs: 40, heartbeatIntervalMs: 40 };
  await using server = await serve(app, { port: 0, host: "127.0.0.1", limits });
  await using peer = await connect(server.port);
  // So many pings take several times as long as a handshake may.
  await until(() => peer.pings >= 4);
  peer.send("still here?");
  expect(await peer.json()).toMatchObject({ type: "websocket" });
});
