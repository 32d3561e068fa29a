// Finds the programs of PostgreSQL and starts a server of it, for the tests.
//
//   node scripts/postgres-server.mjs      runs one until it is told to end, and prints its address
//
// It listens on 127.0.0.1 only, has a folder of its own, keeps nothing, and ends with the process that started it.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, realpathSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { freePort } from "./redis-server.mjs";
import { systemProgram } from "./system-program.mjs";

/**
 * @typedef {object} PostgresServer
 * @property {string} url   `postgres://chat@127.0.0.1:<port>/postgres`; needs no password
 * @property {number} pid
 * @property {() => Promise<void>} stop  ends it, by force after 5 s, and removes its folder; more than once is fine
 */

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;
const LOG_CHARACTERS = 2_000;
const OWNER = "chat";

/** Its other processes end a moment after the first, and may still write meanwhile. */
const REMOVE = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 };

/** Everything is lost with the machine, and faster for it. */
const SETTINGS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];

/** Who it runs as: Postgres refuses root. Debian's package brings a user for it, every system has "nobody". */
const USERS = ["postgres", "nobody"];

/**
 * Starts a Postgres server; resolves when it takes connections.
 *
 * @returns {Promise<PostgresServer>}
 * @throws {Error} one line that says what to install, or the last that the server said
 */
export async function startPostgresServer() {
  const bin = dirname(realpathSync(systemProgram("postgres")));
  const user = process.getuid?.() === 0 ? unprivileged() : {};
  const folder = mkdtempSync(join(tmpdir(), "solent-postgres-"));
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  try {
    const options = ["--auth=trust", `--username=${OWNER}`, "--encoding=UTF8", "--locale=C", "--no-sync"];
    execFileSync(join(bin, "initdb"), ["-D", data, ...options], {
      ...user,
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const port = await freePort();
    const { child, ended } = launch(join(bin, "postgres"), { data, port, user });
    const stop = async () => {
      await end(child, ended);
      await rm(folder, REMOVE);
    };
    try {
      await ready(child, ended);
    } catch (error) {
      await stop();
      throw error;
    }
    return { url: `postgres://${OWNER}@127.0.0.1:${port}/postgres`, pid: child.pid ?? 0, stop };
  } catch (error) {
    await rm(folder, REMOVE);
    throw error;
  }
}

/** @returns {{ uid?: number, gid?: number }} */
function unprivileged() {
  for (const name of USERS) {
    const { status, stdout } = spawnSync("id", ["-u", name], { encoding: "utf8" });
    if (status !== 0) continue;
    return { uid: Number(stdout), gid: Number(execFileSync("id", ["-g", name], { encoding: "utf8" })) };
  }
  throw new Error(`Postgres refuses to run as root, and there is no user ${USERS.join(" or ")}.`);
}

/** @param {string} program @param {{ data: string, port: number, user: { uid?: number, gid?: number } }} how */
function launch(program, { data, port, user }) {
  // A process that is killed cannot end its children: Linux does it. Elsewhere only an orderly exit takes them along.
  const leash = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];
  const [command, ...args] = [...leash, program, "-D", data, "-p", `${port}`];
  const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", ...SETTINGS].flatMap((each) => [
    "-c",
    each,
  ]);
  const child = spawn(command, [...args, ...settings], { ...user, cwd: data, stdio: ["ignore", "ignore", "pipe"] });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = once(child, "exit").finally(() => process.off("exit", kill));
  return { child, ended };
}

/** Waits until it says that it is. @param {import("node:child_process").ChildProcess} child @param {Promise<unknown>} ended */
async function ready(child, ended) {
  let said = "";
  const isReady = new Promise((resolve) => {
    child.stderr?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
      said = (said + text).slice(-LOG_CHARACTERS);
      if (said.includes("ready to accept connections")) resolve(true);
    });
  });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const tooLate = new Promise((resolve) => (timer = setTimeout(resolve, READY_TIMEOUT_MS, false)));
  const answer = await Promise.race([isReady, ended.then(() => false), tooLate]);
  clearTimeout(timer);
  if (answer !== true) throw new Error(`The Postgres server did not start. It said: ${said.trim() || "nothing"}`);
}

/** @param {import("node:child_process").ChildProcess} child @param {Promise<unknown>} ended */
async function end(child, ended) {
  // At once: nothing has to be written to disk that is thrown away, and nobody waited for.
  child.kill("SIGQUIT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const server = await startPostgresServer();
    process.stdout.write(`${server.url}\n`);
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.once(signal, () => void server.stop());
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
