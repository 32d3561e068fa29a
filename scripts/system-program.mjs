// Finds a program that the tests or the benchmarks need from the system, or installs it, or says in one line what to install.
//
//   node scripts/system-program.mjs chromium      prints the path
//
// Order: the environment variable, the PATH, well-known places, then the system's package manager (as root or
// with a passwordless sudo). It never gives up quietly: without the program it throws.
import { spawnSync } from "node:child_process";
import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * @typedef {object} Program
 * @property {string} neededBy   who cannot do without it, as the error's first words
 * @property {string} env        the environment variable that names the program and wins over everything else
 * @property {string[]} names    what it is called on the PATH, best first
 * @property {string[]} places   where it is when it is not on the PATH; one folder of each may be "*": the last in their order
 * @property {Record<string, string[]>} packages  package manager -> packages to install
 * @property {string[]} [accepts]  arguments with which it must end well: a program of the same name may lack what is needed
 */

/** One row a program. @type {Record<string, Program>} */
const programs = {
  chromium: {
    neededBy: "The tests need",
    env: "CHROMIUM_PATH",
    names: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge"],
    places: [
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    packages: { "apt-get": ["chromium", "fonts-liberation"], dnf: ["chromium"], apk: ["chromium", "font-liberation"] },
  },
  "python3-channels-redis": {
    neededBy: "The tests beside Django Channels need",
    env: "CHANNELS_REDIS_PYTHON_PATH",
    names: ["python3"],
    places: ["/usr/bin/python3"],
    packages: { "apt-get": ["python3-django-channels", "python3-channels-redis", "python3-cryptography"] },
    accepts: ["-c", "import channels_redis.core, channels_redis.pubsub, cryptography.fernet"],
  },
  gcc: {
    neededBy: "The benchmarks need",
    env: "GCC_PATH",
    names: ["gcc", "cc", "clang"],
    places: [],
    packages: { "apt-get": ["gcc", "libc6-dev"], dnf: ["gcc"], apk: ["gcc", "musl-dev"] },
  },
  "redis-server": {
    neededBy: "Several nodes and their tests need",
    env: "REDIS_SERVER_PATH",
    names: ["redis-server", "valkey-server"],
    places: ["/opt/homebrew/bin/redis-server", "/usr/local/bin/redis-server"],
    packages: { "apt-get": ["redis-server"], dnf: ["redis"], apk: ["redis"] },
  },
  postgres: {
    neededBy: "The tests of the chat on Postgres need",
    env: "POSTGRES_PATH",
    names: ["postgres"],
    // Debian keeps each version in a folder of its own, and none of them on the PATH.
    places: ["/usr/lib/postgresql/*/bin/postgres"],
    packages: { "apt-get": ["postgresql"], dnf: ["postgresql-server"], apk: ["postgresql"] },
  },
  haproxy: {
    neededBy: "The tests on several nodes need",
    env: "HAPROXY_PATH",
    names: ["haproxy"],
    places: ["/usr/sbin/haproxy"],
    packages: { "apt-get": ["haproxy"], dnf: ["haproxy"], apk: ["haproxy"] },
  },
  openssl: {
    neededBy: "The tests of Redis over TLS need",
    env: "OPENSSL_PATH",
    names: ["openssl"],
    places: [],
    packages: { "apt-get": ["openssl"], dnf: ["openssl"], apk: ["openssl"] },
  },
};

/** Package manager -> the commands that install packages. @type {Record<string, (packages: string[]) => string[][]>} */
const installers = {
  "apt-get": (packages) => [
    ["apt-get", "update", "-qq"],
    ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...packages],
  ],
  dnf: (packages) => [["dnf", "install", "-y", "-q", ...packages]],
  apk: (packages) => [["apk", "add", "-q", ...packages]],
};

const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** @typedef {{ env?: NodeJS.ProcessEnv, uid?: number | undefined, log?: (line: string) => void }} Host */

/**
 * The path of a system program that can be executed; installs it if it is not here.
 *
 * @param {string} name  a row of the table, for instance "chromium"
 * @param {Host} [host]
 * @returns {string}
 * @throws {Error} one line that says what to install
 */
export function systemProgram(name, host = {}) {
  const present = presentProgram(name, host);
  if (present !== undefined) return present;

  const program = rowOf(name);
  const env = host.env ?? process.env;
  const uid = "uid" in host ? host.uid : process.getuid?.();
  const log = host.log ?? ((line) => process.stderr.write(`${line}\n`));
  const failure = install({ name, program, env, uid, log });
  const installed = failure === undefined ? find(program, env) : undefined;
  if (installed !== undefined) return installed;
  throw new Error(
    `${program.neededBy} ${name} and ${failure ?? "its package brought no program of that name"}: ` +
      `install ${name}, or set ${program.env} to its path.`,
  );
}

/**
 * The path of a system program that is here already; installs nothing.
 *
 * @param {string} name  a row of the table
 * @param {Host} [host]
 * @returns {string | undefined}
 * @throws {Error} when the environment variable names no executable file
 */
export function presentProgram(name, host = {}) {
  const program = rowOf(name);
  const env = host.env ?? process.env;
  const named = env[program.env];
  if (!named) return find(program, env);
  if (isExecutable(named)) return named;
  throw new Error(`${program.env} is "${named}", which is not an executable file: correct it or unset it.`);
}

/** @param {string} name */
function rowOf(name) {
  const program = programs[name];
  if (program !== undefined) return program;
  throw new Error(`There is no system program "${name}"; known: ${Object.keys(programs).join(", ")}.`);
}

/** @param {Program} program @param {NodeJS.ProcessEnv} env */
function find(program, env) {
  const found = program.names.map((name) => onPath(name, env)).filter((path) => path !== undefined);
  return [...found, ...program.places.flatMap(expand).filter(isExecutable)].find((path) => accepts(program, path, env));
}

/** The paths that a place with a "*" stands for, the last first. @param {string} place */
function expand(place) {
  const [before = "", after] = place.split("*");
  if (after === undefined) return [place];
  try {
    return readdirSync(before)
      .sort((one, other) => other.localeCompare(one, "en", { numeric: true }))
      .map((folder) => before + folder + after);
  } catch {
    return [];
  }
}

/** @param {Program} program @param {string} path @param {NodeJS.ProcessEnv} env */
function accepts(program, path, env) {
  return program.accepts === undefined || run([path, ...program.accepts], env) === undefined;
}

/** @param {string} name @param {NodeJS.ProcessEnv} env */
function onPath(name, env) {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Installs with the first package manager there is; answers why it could not, or undefined.
 *
 * @param {{ name: string, program: Program, env: NodeJS.ProcessEnv, uid: number | undefined, log: (line: string) => void }} job
 * @returns {string | undefined}
 */
function install({ name, program, env, uid, log }) {
  const manager = Object.keys(program.packages).find((candidate) => onPath(candidate, env) !== undefined);
  const commands = manager === undefined ? undefined : installers[manager];
  if (manager === undefined || commands === undefined) return "no known package manager is here to install it with";

  const prefix = rights(uid, env);
  if (prefix === undefined) return `${manager} needs root or a passwordless sudo to install it`;

  const packages = program.packages[manager] ?? [];
  log(`${name} is not here: installing ${packages.join(", ")} with ${manager}. This happens once.`);
  for (const command of commands(packages)) {
    const failure = run([...prefix, ...command], env);
    if (failure !== undefined) return `${command.join(" ")} failed (${failure})`;
  }
  return undefined;
}

/** What to put before a command so that it runs as root. @param {number | undefined} uid @param {NodeJS.ProcessEnv} env */
function rights(uid, env) {
  if (uid === 0) return [];
  if (onPath("sudo", env) === undefined) return undefined;
  return run(["sudo", "-n", "true"], env) === undefined ? ["sudo", "-n"] : undefined;
}

/** Runs a command; answers the last line it said when it failed. @param {string[]} command @param {NodeJS.ProcessEnv} env */
function run([program = "", ...args], env) {
  const result = spawnSync(onPath(program, env) ?? program, args, {
    env: { ...env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (result.status === 0) return undefined;
  const said = result.error?.message ?? result.stderr.trim().split("\n").at(-1);
  return said || `exit code ${result.status}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    process.stdout.write(`${systemProgram(process.argv[2] ?? "")}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
