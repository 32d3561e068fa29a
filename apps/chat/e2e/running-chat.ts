import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
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
  /** Cuts every connection, as a network that breaks does: nobody says goodbye. */
  cutConnections(): void;
}

/** Starts the real server with a page; `port` is 0 for any. */
export async function startChat(page: BuiltPage, port = 0): Promise<RunningChat> {
  const secret = "only for tests, and long enough to be a secret";
  const server = await serveChat({ port, adminName: "admin", secret, isHttps: false }, page.folder);
  const sockets = new Set<Socket>();
  server.http.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return {
    url: `http://localhost:${server.port}`,
    cutConnections: () => {
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
