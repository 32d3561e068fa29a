// The servers that can be measured: every folder in peers/ with a server.mjs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, start, untilOpen } from "./processes.mjs";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "peers");

export function peerNames() {
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, "server.mjs")));
}

/**
 * What peers/<name>/peer.json says. `solent/sse` is the server `solent` with members that come that way, and
 * `solent/websocket+sse` one whose members come in both, in turn.
 *
 * @throws {Error} listing the peers when there is none of that name
 */
export function peerSpec(peer) {
  const [name, ways = "websocket"] = peer.split("/");
  if (!peerNames().includes(name)) throw new Error(`There is no peer "${name}"; there are ${peerNames().join(", ")}.`);
  const file = join(folder, name, "peer.json");
  const given = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  return {
    name,
    dialect: "plain",
    path: undefined,
    isSolent: false,
    redis: false,
    env: {},
    ways: ways.split("+"),
    ...given,
  };
}

/**
 * Starts a peer's server; resolves when it listens.
 *
 * @param {{ nodeFlags: string[], environment?: object }} how flags for profiling, and where the Redis is that joins several
 */
export async function startPeer(spec, { nodeFlags, environment }) {
  const port = await freePort();
  const env = {
    ...process.env,
    ...spec.env,
    ...environment,
    PORT: String(port),
    NODE_ENV: "production",
  };
  const server = start(process.execPath, ["--expose-gc", ...nodeFlags, "server.mjs"], {
    cwd: join(folder, spec.name),
    env,
  });
  server.port = port;
  // All it says is how large its heap is, after a collection.
  server.stdout.on("data", (text) => (server.heapBytes = Number(text.toString().trim().split("\n").at(-1))));
  await untilOpen(port, server, spec.name);
  return server;
}
