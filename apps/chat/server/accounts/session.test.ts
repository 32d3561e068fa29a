import { ProtocolTypeRouter, path, URLRouter, WebSocketConsumer } from "@solent/core";
import { serve, type SolentServer } from "@solent/core/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { Accounts } from "./accounts.ts";
import { Passwords } from "./password.ts";
import { type Authenticated, type ChatSession, chatSession } from "./session.ts";
import { Sessions } from "./sessions.ts";

const options = { secret: "only for tests, and long enough to be a secret", secure: false };

/** Says who is connected. */
class WhoAmI extends WebSocketConsumer.needs<Authenticated>() {
  override connect() {
    const admission = this.accept();
    this.send(JSON.stringify(this.scope.user));
    return admission;
  }
}

let database: Database;
let sessions: Sessions;
let session: ChatSession;
let server: SolentServer;
let cookie: string;

beforeEach(async () => {
  database = await openTestDatabase();
  sessions = new Sessions(database);
  session = chatSession(sessions, options);
  const app = new ProtocolTypeRouter({ websocket: session.signedIn(new URLRouter([path("/", WhoAmI)])) });
  server = await serve(app, { port: 0, denials: "closeCode" });
  const accounts = new Accounts(database, new Passwords({ N: 16, r: 8, p: 1 }));
  const ann = await accounts.create("Ann", "password");
  cookie = cookieOf(await session.issue(await sessions.begin(ann?.id ?? 0)));
});

afterEach(async () => {
  await server.close();
  await database.destroy();
});

function cookieOf(setCookie: string): string {
  return setCookie.split(";")[0] ?? "";
}

/** What a browser's page gets to know: the first message, or with which code it was closed. */
async function arrive(headers: Readonly<Record<string, string>>, protocols: string[] = []): Promise<unknown> {
  const socket = new WebSocket(`ws://localhost:${server.port}/`, protocols, { headers });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const first = await Promise.race([
    new Promise((resolve, reject) => {
      socket.once("message", (data: Buffer) => resolve(JSON.parse(data.toString("utf8"))));
      socket.once("error", reject);
    }),
    closed,
  ]);
  socket.close();
  await closed;
  return first;
}

describe("chatSession.signedIn", () => {
  test("gives a consumer its person", async () => {
    expect(await arrive({ cookie })).toEqual({ id: 1, name: "Ann", isAdmin: false, session: expect.any(String) });
  });

  test("closes a page that has no session with a code that it can see, and denies others with 401", async () => {
    const foreign = chatSession(sessions, { ...options, secret: "another secret, as long as it has to be" });
    const forged = cookieOf(await foreign.issue(await sessions.begin(1)));
    const unknown = cookieOf(await session.issue("a token that no row is of"));
    for (const headers of [{}, { cookie: forged }, { cookie: unknown }, { cookie: "chat=nonsense" }]) {
      expect(await arrive(headers, ["solent.v1"])).toBe(4401);
      await expect(arrive(headers)).rejects.toThrow("401");
    }
  });

  test("does not know a session any more that was ended", async () => {
    const person = await session.personOf(cookie);
    expect(person).toMatchObject({ name: "Ann" });
    if (person !== undefined) await sessions.end(person);
    expect(await arrive({ cookie }, ["solent.v1"])).toBe(4401);
    expect(await session.personOf(cookie)).toBeUndefined();
  });
});

describe("chatSession.issue", () => {
  test("makes a cookie that scripts cannot read and other sites cannot send", async () => {
    expect(await session.issue("token")).toMatch(/^chat=[^;]+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/);
    const https = chatSession(sessions, { ...options, secure: true });
    expect(await https.issue("token")).toMatch(/; HttpOnly; Secure; SameSite=Strict$/);
  });
});
