import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { InMemoryChannelLayer, ProtocolTypeRouter, SolentError } from "@solent/core";
import { publishEndpoint, type PublishEndpointOptions, serve } from "@solent/core/node";
import { createSender, RedisPubSubChannelLayer } from "@solent/redis-layer";
import express from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import { Log } from "../support/log.ts";
import { redisProcess } from "../support/redis/redis-process.ts";

const token = "a long random text";

/** Where an endpoint listens, on a socket of its own. */
async function listen(listener: RequestListener): Promise<{ readonly origin: string; readonly port: number }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port };
}

function endpoint(options: Omit<PublishEndpointOptions, "token"> & { token?: PublishEndpointOptions["token"] }) {
  return listen(publishEndpoint({ token, ...options }));
}

function memory(options: ConstructorParameters<typeof InMemoryChannelLayer>[0] = {}): InMemoryChannelLayer {
  const layer = new InMemoryChannelLayer(options);
  onTestFinished(() => layer.close());
  return layer;
}

async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = { authorization: `Bearer ${token}` },
): Promise<{ readonly status: number; readonly body: Record<string, unknown>; readonly headers: Headers }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, { method: "POST", headers, body: text });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

interface RawClient {
  readonly socket: Socket;
  /** The first answer. */
  readonly answer: Promise<string>;
  /** All that has come when the server has closed the connection. */
  readonly everything: Promise<string>;
}

/** A client that writes what it likes. */
function raw(port: number): RawClient {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  let text = "";
  const everything = new Promise<string>((resolve) => void socket.once("close", () => resolve(text)));
  const first = new Promise<string>((resolve) => {
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (text.endsWith("}\n")) resolve(text);
    });
  });
  return { socket, answer: Promise.race([first, everything]), everything };
}

function head(path: string, ...headers: readonly string[]): string {
  return [`POST ${path} HTTP/1.1`, "host: solent", `authorization: Bearer ${token}`, ...headers, "", ""].join("\r\n");
}

const event = { type: "chat.message", text: "é😀" };

describe("publishEndpoint", () => {
  test("sends to groups and to channels", async () => {
    const layer = memory();
    const { origin } = await endpoint({ to: layer });
    const channel = await layer.newChannel();
    await layer.groupAdd("room.red", channel.name);
    expect(await post(`${origin}/groups/room.red`, event)).toMatchObject({ status: 202, body: { accepted: true } });
    expect(await post(`${origin}/groups/room%2Ered?any=1`, { ...event, n: 2 })).toMatchObject({ status: 202 });
    expect(await post(`${origin}/channels/${encodeURIComponent(channel.name)}`, { ...event, n: 3 })).toMatchObject({
      status: 202,
    });
    expect(await post(`${origin}/groups/nobody`, event)).toMatchObject({ status: 202 });
    const got = [await channel.receive(), await channel.receive(), await channel.receive()];
    expect(got).toEqual([event, { ...event, n: 2 }, { ...event, n: 3 }]);
  });

  test("lets in who has one of the tokens, and nobody else", async () => {
    const layer = memory();
    const { origin } = await endpoint({ to: layer, token: [token, "the one of yesterday"] });
    const channel = await layer.newChannel();
    await layer.groupAdd("room", channel.name);
    for (const authorization of [`Bearer ${token}`, `bearer  the one of yesterday`]) {
      expect((await post(`${origin}/groups/room`, event, { authorization })).status).toBe(202);
    }
    const strangers = [
      undefined,
      "",
      "Bearer",
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      `Basic ${token}`,
      token,
    ];
    for (const authorization of strangers) {
      const answer = await post(`${origin}/groups/room`, event, authorization === undefined ? {} : { authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(JSON.stringify(answer.body)).not.toContain(token);
    }
    expect(channel.pending).toBe(2);
  });

  test("says what is wrong with a request", async () => {
    const layer = memory({ maxMessageBytes: 1000 });
    const { origin } = await endpoint({ to: layer, maxBodyBytes: 2000 });
    const group = `${origin}/groups/room`;
    for (const body of ["", "{", "null", "[]", '"text"', "7", '{"type": "chat.message"} x']) {
      expect(await post(group, body), body).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining("JSON") },
      });
    }
    const latin = await fetch(group, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: Buffer.from('{"type": "chat.message", "text": "\xe9"}', "latin1"),
    });
    expect(latin.status).toBe(400);
    for (const message of [{}, { type: "chat" }, { type: 7 }, { type: "group.gap" }, { type: "solent.flush" }]) {
      expect(await post(group, message)).toMatchObject({ status: 400, body: { code: "EVENT_INVALID" } });
    }
    expect(await post(`${origin}/groups/a%20b`, event)).toMatchObject({ status: 400, body: { code: "NAME_INVALID" } });
    expect(await post(group, { ...event, text: "x".repeat(1000) })).toMatchObject({
      status: 413,
      body: { code: "MESSAGE_TOO_LARGE" },
    });
    expect(await post(group, { ...event, text: "x".repeat(2000) })).toMatchObject({ status: 413 });
    for (const path of ["/", "/groups", "/groups/", "/groups/a/b", "/others/a", "/groups/%ff", "//groups/a"]) {
      expect((await post(`${origin}${path}`, event)).status, path).toBe(404);
    }
    const got = await fetch(group, { headers: { authorization: `Bearer ${token}` } });
    expect([got.status, got.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("says what the layer cannot do, and whether to come again", async () => {
    const layer = memory({ capacity: 1, maxPlainChannels: 1 });
    const { origin } = await endpoint({ to: layer, maxErrorsPerMinute: 1 });
    expect((await post(`${origin}/channels/jobs`, event)).status).toBe(202);
    const full = await post(`${origin}/channels/jobs`, event);
    expect([full.status, full.body["code"], full.headers.get("retry-after")]).toEqual([429, "CHANNEL_FULL", "1"]);
    const busy = await post(`${origin}/channels/more`, event);
    expect([busy.status, busy.body["code"], busy.headers.get("retry-after")]).toEqual([503, "LAYER_BUSY", "1"]);
    // None of these is a bad request.
    for (let i = 0; i < 3; i += 1) {
      expect(await post(`${origin}/channels/specific.gone!1`, event)).toMatchObject({
        status: 404,
        body: { code: "CHANNEL_UNREACHABLE" },
      });
    }
    await layer.close();
    expect(await post(`${origin}/groups/room`, event)).toMatchObject({ status: 503, body: { code: "LAYER_CLOSED" } });
  });

  test("hides failures of the server, and logs them", async () => {
    const log = new Log();
    const fails = (): never => {
      throw new TypeError("a secret");
    };
    const { origin } = await endpoint({ to: { groupSend: fails, send: fails }, logger: log });
    const { status, body } = await post(`${origin}/groups/room`, event);
    expect([status, body]).toEqual([500, { message: "publishing failed" }]);
    expect(log.lines).toHaveLength(1);
  });

  test("answers an address that makes too many bad requests with 429, and those who have the token on their own account", async () => {
    const layer = memory();
    const { origin } = await endpoint({ to: layer, maxErrorsPerMinute: 3 });
    const group = `${origin}/groups/room`;
    const stranger = () => post(group, event, { authorization: "Bearer not the token" });
    for (let i = 0; i < 3; i += 1) expect((await stranger()).status).toBe(401);
    const refused = await stranger();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(50);
    expect((await post(group, event)).status).toBe(202);
    for (let i = 0; i < 3; i += 1) expect((await post(group, "no JSON")).status).toBe(400);
    expect((await post(group, event)).status).toBe(429);
  });

  test("stops reading a body at its limit, however it is sent", async () => {
    const layer = memory();
    const { port } = await endpoint({ to: layer, maxBodyBytes: 1000, bodyTimeoutMs: 300 });
    const announced = raw(port);
    announced.socket.write(head("/groups/room", "content-length: 100000000000"));
    expect(await announced.answer).toMatch(/^HTTP\/1.1 413 /);
    const chunked = raw(port);
    chunked.socket.write(head("/groups/room", "transfer-encoding: chunked"));
    for (let i = 0; i < 20; i += 1) chunked.socket.write(`64\r\n${"x".repeat(100)}\r\n`);
    expect(await chunked.answer).toMatch(/^HTTP\/1.1 413 /);
    // Neither ends its request: the server ends both.
    await Promise.all([announced.everything, chunked.everything]);
  });

  test("does not wait for a body that does not come, or for a client that has left", async () => {
    const layer = memory();
    const { origin, port } = await endpoint({ to: layer, bodyTimeoutMs: 200, maxRequests: 1 });
    const slow = raw(port);
    slow.socket.write(`${head("/groups/room", "content-length: 10")}{`);
    expect(await slow.answer).toMatch(/^HTTP\/1.1 408 /);
    const gone = raw(port);
    gone.socket.write(`${head("/groups/room", "content-length: 10")}{`);
    await once(gone.socket, "connect");
    gone.socket.destroy();
    await expect.poll(async () => (await post(`${origin}/groups/room`, event)).status).toBe(202);
  });

  test("takes no more requests at a time than it may", async () => {
    const layer = memory();
    const { origin, port } = await endpoint({ to: layer, maxRequests: 1 });
    const slow = raw(port);
    slow.socket.write(`${head("/groups/room", "content-length: 24")}{`);
    await expect.poll(async () => (await post(`${origin}/groups/room`, event)).status).toBe(503);
    slow.socket.write('"type": "chat.message"');
    slow.socket.end("}");
    expect(await slow.answer).toMatch(/^HTTP\/1.1 202 /);
    expect((await post(`${origin}/groups/room`, event)).status).toBe(202);
  });

  test("answers several requests on one connection, refused ones among them", async () => {
    const layer = memory();
    const { port } = await endpoint({ to: layer });
    const client = raw(port);
    const body = JSON.stringify(event);
    const length = `content-length: ${Buffer.byteLength(body)}`;
    client.socket.write(head("/nowhere", length) + body + head("/groups/room", length, "connection: close") + body);
    const statuses = [...(await client.everything).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, code]) => code);
    expect(statuses).toEqual(["404", "202"]);
  });

  test("refuses options that make no sense, and shows no token", () => {
    const to = memory();
    for (const bad of ["", "short", [], [token, "short"], " ".repeat(20), 7, undefined]) {
      let error: unknown;
      try {
        publishEndpoint({ to, token: bad as string });
      } catch (thrown) {
        error = thrown;
      }
      expect(SolentError.is(error, "CONFIG_INVALID")).toBe(true);
      expect(String(error)).not.toContain("short");
    }
    for (const option of ["maxBodyBytes", "bodyTimeoutMs", "maxRequests", "maxErrorsPerMinute"]) {
      expect(() => publishEndpoint({ to, token, [option]: 0 })).toThrow(option);
    }
  });

  test("stands in an Express app, and beside the WebSockets of a server", async () => {
    const layer = memory();
    const app = express();
    app.use("/publish", publishEndpoint({ to: layer, token }) as express.RequestHandler);
    const { origin } = await listen(app);
    expect((await post(`${origin}/publish/groups/room`, event)).status).toBe(202);

    const http = publishEndpoint({ to: layer, token });
    await using server = await serve(new ProtocolTypeRouter({ http }), { port: 0, host: "127.0.0.1", layer });
    expect((await post(`http://127.0.0.1:${server.port}/groups/room`, event)).status).toBe(202);
  });

  test("publishes from a process that serves nothing else, and says when Redis is away or hangs", async () => {
    await using redis = await redisProcess();
    await using layer = new RedisPubSubChannelLayer({ redis: redis.url });
    await layer.ready();
    const channel = await layer.newChannel();
    await layer.groupAdd("room", channel.name);
    await using sender = createSender({
      redis: redis.url,
      publishTimeoutMs: 300,
      proofIntervalMs: 50,
      proofTimeoutMs: 200,
    });
    const { origin } = await endpoint({ to: sender });
    expect((await post(`${origin}/groups/room`, event)).status).toBe(202);
    expect((await post(`${origin}/channels/${channel.name}`, event)).status).toBe(202);
    expect(await channel.receive({ timeoutMs: 5000 })).toEqual(event);
    expect(await channel.receive({ timeoutMs: 5000 })).toEqual(event);
    expect((await post(`${origin}/channels/thumbnails`, event)).status).toBe(202);
    expect(await layer.receive("thumbnails", { timeoutMs: 5000 })).toEqual(event);

    await redis.stop();
    const uncertain = await post(`${origin}/groups/room`, event);
    expect([uncertain.status, uncertain.body["code"]]).toEqual([504, "LAYER_UNCERTAIN"]);
    expect(uncertain.headers.get("retry-after")).toBeNull();
    redis.resume();
    await redis.kill();
    await expect.poll(() => sender.isConnected).toBe(false);
    const away = await post(`${origin}/groups/room`, event);
    expect([away.status, away.body["code"], away.headers.get("retry-after")]).toEqual([503, "LAYER_UNAVAILABLE", "1"]);
  });
});
