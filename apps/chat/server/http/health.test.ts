import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { Health } from "./health.ts";

let database: Database;
let isStopping: boolean;
let isConnected: boolean;
let url: string;
const server = createServer();

beforeEach(async () => {
  database = await openTestDatabase();
  isStopping = false;
  isConnected = true;
  const health = new Health({ database, isStopping: () => isStopping, isConnected: () => isConnected });
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (request.url === "/healthz") health.live(request, response);
    else void health.ready(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => void server.close(resolve));
  await database.destroy();
});

async function ask(path: string, method = "GET"): Promise<[number, unknown]> {
  const response = await fetch(url + path, { method });
  expect(response.headers.get("cache-control")).toBe("no-store");
  return [response.status, method === "HEAD" ? await response.text() : await response.json()];
}

describe("Health", () => {
  test("says ok while all is well, to GET and HEAD", async () => {
    for (const path of ["/healthz", "/readyz"]) {
      expect(await ask(path)).toEqual([200, { status: "ok" }]);
      expect(await ask(path, "HEAD")).toEqual([200, ""]);
      expect(await ask(path, "POST")).toEqual([405, { problem: "This takes GET." }]);
    }
  });

  test("is not ready while the server stops, but alive", async () => {
    isStopping = true;
    expect(await ask("/readyz")).toEqual([503, { problem: "The server is stopping." }]);
    expect(await ask("/healthz")).toEqual([200, { status: "ok" }]);
  });

  test("is not ready while Redis is away, and says so without asking to be started anew", async () => {
    isConnected = false;
    expect(await ask("/readyz")).toEqual([503, { problem: "Redis does not answer." }]);
    expect(await ask("/healthz")).toEqual([200, { status: "ok", problem: "Redis does not answer." }]);
  });

  test("is not ready when the database does not answer, but alive", async () => {
    await database.destroy();
    expect(await ask("/readyz")).toEqual([503, { problem: "The database does not answer." }]);
    expect(await ask("/healthz")).toEqual([200, { status: "ok" }]);
  });
});
