import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { type Config, readConfig } from "../server/config.ts";
import { serveChat } from "../server/serve-chat.ts";

const configFile = fileURLToPath(new URL("../vite.config.ts", import.meta.url));
const webFolder = fileURLToPath(new URL("../web", import.meta.url));

/** The page, built into a folder of its own so that test files do not disturb each other. */
export interface BuiltPage extends AsyncDisposable {
  readonly folder: string;
}

/** Builds the page as `pnpm chat` does. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = await mkdtemp(join(tmpdir(), "solent-chat-page-"));
  // A test runner calls itself "test", and React would then bring its development build.
  const { NODE_ENV } = process.env;
  process.env["NODE_ENV"] = "production";
  await build({ configFile, root: webFolder, logLevel: "warn", build: { outDir: folder } });
  if (NODE_ENV === undefined) delete process.env["NODE_ENV"];
  else process.env["NODE_ENV"] = NODE_ENV;
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** A chat that runs, on a port of its own. */
export interface RunningChat extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Cuts every connection, as a network that breaks does: nobody says goodbye. */
  cutConnections(): void;
}

/** The password of everybody in the tests, the admin included. */
export const password = "correct horse";

/**
 * Starts the real server with a page. Unless `given` says otherwise: on any port, with a database in memory, passwords
 * that cost nothing, and no log.
 */
export async function startChat(page: BuiltPage, given: Partial<Config> = {}): Promise<RunningChat> {
  const config = {
    ...readConfig({ PORT: "0", CHAT_DATABASE: ":memory:", CHAT_ADMIN_PASSWORD: password, CHAT_LOG_LEVEL: "silent" }),
    signUpsPerHour: 10_000,
    passwordCost: { N: 16, r: 8, p: 1 },
    ...given,
  };
  const server = await serveChat(config, page.folder);
  const sockets = new Set<Socket>();
  server.http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return {
    url: `http://localhost:${server.port}`,
    port: server.port,
    cutConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** A place for a database that outlives the server. */
export async function temporaryDatabase(): Promise<AsyncDisposable & { readonly database: string }> {
  const folder = await mkdtemp(join(tmpdir(), "solent-chat-data-"));
  return {
    database: join(folder, "chat.sqlite"),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** Signs in without a browser. @returns the `Cookie` header. */
export async function cookieOf({ url }: Pick<RunningChat, "url">, name: string): Promise<string> {
  const response = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  if (!response.ok) throw new Error(`${name} could not sign in: ${response.status} ${await response.text()}`);
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}
