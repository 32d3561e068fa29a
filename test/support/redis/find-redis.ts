import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { ping, redisServerProgram, startRedisServer } from "../../../scripts/redis-server.mjs";
import { presentProgram, type Host } from "../../../scripts/system-program.mjs";

/** A Redis server for the tests, and how it was come by. */
export interface FoundRedis {
  readonly url: string;
  /** One line, for whoever reads the output of the tests. */
  readonly how: string;
  /** Ends what was started for it; nothing for a server that was there before. */
  stop(): Promise<void>;
}

/** The ways to a server, in their order. */
export const ways = ["url", "path", "docker", "install"] as const;
export type Way = (typeof ways)[number];

const image = "redis:7-alpine";
const REDIS_PORT = 6379;
const CONTAINER_START_MS = 120_000;
const ANSWER_MS = 10_000;

/**
 * Finds a Redis server for the tests, or starts one.
 *
 * In this order: `REDIS_URL`; redis-server or valkey-server on the PATH; a container of `redis:7-alpine`; the program
 * installed with the system's package manager. `REDIS_FROM` (`url`, `path`, `docker`, `install`) allows one way only.
 * Rejects with the reason of every way when none leads to a server: tests that need Redis never pass without it.
 */
export async function findRedis(host: Host = {}): Promise<FoundRedis> {
  const env = host.env ?? process.env;
  const reasons: string[] = [];
  for (const way of wanted(env)) {
    const found = await attempts[way]({ ...host, env });
    if (typeof found !== "string") return found;
    reasons.push(found);
  }
  throw new Error(`The tests need Redis: ${reasons.join("; ")}. Set REDIS_URL, or install redis-server.`);
}

function wanted(env: NodeJS.ProcessEnv): readonly Way[] {
  const only = env["REDIS_FROM"];
  if (!only) return ways;
  const way = ways.find((candidate) => candidate === only);
  if (way === undefined) throw new Error(`REDIS_FROM is "${only}"; it can be ${ways.join(", ")}.`);
  return [way];
}

type Attempt = (host: Host & { env: NodeJS.ProcessEnv }) => Promise<FoundRedis | string>;

/** Each answers a server, or why there is none this way. What is set but wrong is an error, not a reason to go on. */
const attempts: Readonly<Record<Way, Attempt>> = {
  async url({ env }) {
    const url = env["REDIS_URL"];
    if (!url) return "REDIS_URL is not set";
    if (!URL.canParse(url))
      throw new Error("REDIS_URL is not a URL like redis://127.0.0.1:6379: correct it or unset it.");
    const { host, hostname, port, protocol } = new URL(url);
    const address = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || REDIS_PORT) };
    // Only whether somebody is there: who it is, the tests find out when they connect.
    const open = () =>
      protocol === "rediss:" ? connectTls({ ...address, rejectUnauthorized: false }) : connect(address);
    if (await ping(open, ANSWER_MS)) return { url, how: `Redis at ${host}, named by REDIS_URL`, stop: async () => {} };
    throw new Error(`REDIS_URL names ${host}, where no Redis answers: correct it or unset it.`);
  },
  async path(host) {
    const program = presentProgram("redis-server", host);
    return program === undefined ? "no redis-server or valkey-server is on the PATH" : started(program, "started");
  },
  async docker() {
    return fromContainer();
  },
  async install(host) {
    try {
      return await started(redisServerProgram(host), "installed and started");
    } catch (error) {
      return messageOf(error);
    }
  },
};

async function started(program: string, verb: string): Promise<FoundRedis> {
  const server = await startRedisServer({ program });
  const how = `Redis at ${new URL(server.url).host}, ${verb} from ${program}`;
  return { url: server.url, how, stop: () => server.stop() };
}

async function fromContainer(): Promise<FoundRedis | string> {
  // An engine publishes a container's port on every address of the machine, so this server has a password.
  const password = randomBytes(16).toString("hex");
  const settings = ["--bind", "0.0.0.0", "--requirepass", password, "--save", "", "--appendonly", "no"];
  try {
    // Loaded only here: it takes a second.
    const { GenericContainer, Wait } = await import("testcontainers");
    const container = await new GenericContainer(image)
      .withCommand(["redis-server", ...settings])
      .withExposedPorts(REDIS_PORT)
      .withWaitStrategy(Wait.forLogMessage("Ready to accept connections"))
      .withStartupTimeout(CONTAINER_START_MS)
      .start();
    const address = `${container.getHost()}:${container.getMappedPort(REDIS_PORT)}`;
    return {
      url: `redis://:${password}@${address}`,
      how: `Redis at ${address}, in a container of ${image}`,
      stop: async () => void (await container.stop()),
    };
  } catch (error) {
    return `no container of ${image} could be started (${messageOf(error)})`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
