// Finds the program redis-server (or valkey-server) and starts servers of it, for the tests and for the chat on several nodes.
//
//   node scripts/redis-server.mjs [port]      runs one until it is told to end, and prints its address
//
// Every server listens on 127.0.0.1 only, has a folder of its own, and ends with the process that started it.
import { spawn, spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { systemProgram } from "./system-program.mjs";

/**
 * @typedef {object} RedisServerOptions
 * @property {number} [port]        default: a free one below the ports that the system gives to outgoing connections
 * @property {string} [folder]      where it runs and keeps its files; default: a temporary one, removed by `stop`
 * @property {string} [configFile]  default: none, everything is on the command line
 * @property {string[]} [args]      its command line; these win over port and address; default: it keeps nothing on disk
 * @property {string} [program]     default: what `redisServerProgram` finds
 * @property {boolean} [isApart]     whether it hears no Ctrl+C of this process's terminal; default: it does
 * @property {() => import("node:stream").Duplex} [connect]  a connection to ask it for readiness; default: TCP to the port
 * @property {number} [readyTimeoutMs]  how long it may take until it answers PING; default 20,000 ms
 */

/**
 * @typedef {object} RedisServer
 * @property {string} url            `redis://127.0.0.1:<port>`, without any password
 * @property {number} port
 * @property {number} pid
 * @property {string} folder
 * @property {Promise<string>} ended  resolves when the process is gone, with how: "exit code 0", "SIGKILL"
 * @property {() => Promise<void>} stop  ends it, by force after 5 s, and removes its temporary folder; more than once is fine
 */

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const LOOK_EVERY_MS = 10;
const PORT_ATTEMPTS = 50;
const START_ATTEMPTS = 5;
const LOG_LINES = 5;

// Linux gives outgoing connections ports from 32768, other systems from 49152. A server that is killed and started again
// must find its port free, and a client that tries it meanwhile must be refused rather than connected to itself.
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_767;

/** What to kill when this process ends, and the folder to remove with it. @type {Map<number, string | undefined>} */
const running = new Map();

/** What `freePort` has answered: two servers that start at once must not get one port. @type {Set<number>} */
const given = new Set();

/**
 * The path of redis-server or valkey-server: `REDIS_SERVER_PATH`, the PATH, or installed with the system's package manager.
 *
 * @param {import("./system-program.mjs").Host} [host]
 * @returns {string}
 * @throws {Error} one line that says what to install
 */
export function redisServerProgram(host) {
  return systemProgram("redis-server", host);
}

/**
 * Starts a Redis server; resolves when it answers.
 *
 * @param {RedisServerOptions} [options]
 * @returns {Promise<RedisServer>}
 * @throws {Error} when the port is taken, or with the last lines it said when it ended or was too slow
 */
export async function startRedisServer(options = {}) {
  const { port } = options;
  if (port !== undefined) {
    if (!(await isFree(port))) throw new Error(`Port ${port} is taken: no Redis server can be started on it.`);
    return startOn(port, options);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(await freePort(), options);
    } catch (error) {
      // Another process may take the port between the look and the start.
      const isTaken = error instanceof Error && error.message.includes("Address already in use");
      if (!isTaken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

/**
 * A port of 127.0.0.1 on which nothing listens, from 20000 to 32767; never the same twice in one process.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT + 1);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port between ${LOWEST_PORT} and ${HIGHEST_PORT} in ${PORT_ATTEMPTS} attempts.`);
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** @param {number} port @param {RedisServerOptions} options @returns {Promise<RedisServer>} */
async function startOn(port, options) {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "solent-redis-"));
  const isOurs = options.folder === undefined;
  const program = options.program ?? redisServerProgram();
  const args = options.args ?? ["--save", "", "--appendonly", "no"];
  const configFile = options.configFile === undefined ? [] : [options.configFile];
  const child = launch(program, folder, {
    args: [...configFile, "--port", `${port}`, "--bind", "127.0.0.1", ...args],
    isApart: options.isApart ?? false,
  });
  if (isOurs && child.process.pid !== undefined) running.set(child.process.pid, folder);

  const stop = async () => {
    await end(child.process, child.ended);
    // A child of its own may still write for a moment after it.
    if (isOurs) await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
  };
  try {
    await answering({
      open: options.connect ?? (() => connect(port, "127.0.0.1")),
      child,
      timeoutMs: options.readyTimeoutMs ?? READY_TIMEOUT_MS,
    });
  } catch (error) {
    const said = lastLines(folder);
    await stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The Redis server on port ${port} ${reason}. It said: ${said}`, { cause: error });
  }
  const pid = /** @type {number} */ (child.process.pid);
  return { url: `redis://127.0.0.1:${port}`, port, pid, folder, ended: child.ended, stop };
}

/**
 * Runs the program with its output in the folder.
 *
 * @param {string} program @param {string} folder @param {{ args: string[], isApart: boolean }} how
 */
function launch(program, folder, { args, isApart }) {
  mkdirSync(folder, { recursive: true });
  const log = openSync(join(folder, "redis.log"), "w");
  const [command, ...more] = [...leash(), program];
  const child = spawn(command, [...more, ...args, "--dir", folder, "--daemonize", "no", "--logfile", ""], {
    cwd: folder,
    detached: isApart,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  if (running.size === 0) process.once("exit", killAll);
  const { pid } = child;
  if (pid !== undefined) running.set(pid, undefined);
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    const over = (/** @type {string} */ how) => {
      if (pid !== undefined) running.delete(pid);
      if (running.size === 0) process.off("exit", killAll);
      resolve(how);
    };
    child.once("error", (error) => over(error.message));
    child.once("exit", (code, signal) => over(signal ?? `exit code ${code}`));
  });
  return { process: child, ended };
}

/** @type {string[] | undefined} */
let knownLeash;

/**
 * What to put before the program so that Linux kills it with this process, however that ends.
 *
 * A process that is killed itself cannot end its children, and a killed run of the tests must not leave servers behind.
 * Elsewhere, and without util-linux, only an orderly exit takes them along.
 *
 * @returns {string[]}
 */
export function leash() {
  const words = ["setpriv", "--pdeathsig", "KILL"];
  knownLeash ??= spawnSync(words[0] ?? "", [...words.slice(1), "true"], { stdio: "ignore" }).status === 0 ? words : [];
  return knownLeash;
}

function killAll() {
  for (const [pid, folder] of running) {
    process.kill(pid, "SIGKILL");
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Asks with PING until it is answered.
 *
 * @param {{ open: () => import("node:stream").Duplex, child: { ended: Promise<string> }, timeoutMs: number }} server
 */
async function answering({ open, child, timeoutMs }) {
  const deadlineMs = performance.now() + timeoutMs;
  /** @type {string | undefined} */
  let end;
  void child.ended.then((how) => (end = how));
  while (!(await ping(open, Math.max(1, deadlineMs - performance.now())))) {
    if (end !== undefined) throw new Error(`ended at once (${end})`);
    if (performance.now() > deadlineMs) throw new Error(`did not answer within ${timeoutMs} ms`);
    await wait(LOOK_EVERY_MS);
  }
  // What answered might be a stranger on the same port, and ours gone because of it.
  if (end !== undefined) throw new Error(`ended at once (${end})`);
}

/**
 * Whether a Redis server answers PING; one that first wants a password answers too, one that still loads its data does not.
 *
 * @param {() => import("node:stream").Duplex} open
 * @param {number} timeoutMs
 * @returns {Promise<boolean>}
 */
export function ping(open, timeoutMs) {
  return new Promise((resolve) => {
    const socket = open();
    let heard = "";
    const timer = setTimeout(() => done(false), timeoutMs);
    const done = (/** @type {boolean} */ isReady) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isReady);
    };
    socket.once("error", () => done(false));
    socket.once("close", () => done(false));
    socket.on("data", (chunk) => {
      heard += String(chunk);
      if (heard.includes("\r\n")) done(/^(\+PONG|-NOAUTH|-NOPERM)/.test(heard));
    });
    socket.write("PING\r\n");
  });
}

/** Ends a process, by force when it does not listen. @param {import("node:child_process").ChildProcess} child @param {Promise<string>} ended */
async function end(child, ended) {
  child.kill("SIGTERM");
  // One that was stopped (SIGSTOP) hears nothing before it goes on.
  child.kill("SIGCONT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

/** @param {string} folder */
function lastLines(folder) {
  const lines = readFileSync(join(folder, "redis.log"), "utf8").trim().split("\n").slice(-LOG_LINES);
  return lines.join(" | ") || "nothing";
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const port = process.argv[2];
    const server = await startRedisServer(port === undefined ? {} : { port: Number(port) });
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => void server.stop());
    process.stdout.write(`${server.url}\n`);
    await server.ended;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
