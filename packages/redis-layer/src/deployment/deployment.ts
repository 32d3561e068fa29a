import { SolentError } from "@solent/core/errors";
import type { RedisServer } from "../connection/redis-server.ts";
import type { Topology } from "../topology/topology.ts";
import type { Script } from "../connection/script.ts";

/** For how long it is known that nodes with a configuration run, and how often each says so. */
const leaseMs = 30_000;
const renewalMs = 10_000;

/** What all nodes of a deployment must have in common to hear each other. */
export interface Configuration {
  /** The names of the servers; `["cluster"]`, or `theOnlyServer`. */
  readonly servers: readonly string[];
  readonly partitions: number;
  readonly wire: number;
  readonly serializerFormat: string;
  readonly isEncrypted: boolean;
}

/** The servers of a node that knows only one, without a list: wherever it reaches it, it is the one. */
export const theOnlyServer: readonly string[] = Object.freeze(["one"]);

/** A configuration as a text: equal for equal ones. */
function configurationText({ servers, ...rest }: Configuration): string {
  return JSON.stringify({ servers: servers.toSorted(), ...rest });
}

/** What a deployment is told by, and what it tells. */
export interface DeploymentParts {
  readonly own: Configuration;
  /** The one whose nodes may still run. */
  readonly previous: Configuration | undefined;
  /** `claim`, loaded on every server. */
  readonly script: Script;
  /** The key of what runs, of partition 0. */
  readonly key: string;
  readonly topology: Topology;
  readonly onProblem: (error: Error, server: RedisServer) => void;
  /** A server has accepted this node. */
  readonly onAccepted: () => void;
  /** A server has refused this node. */
  readonly onRefused: (reason: SolentError) => void;
}

/**
 * Keeps nodes apart that could not hear each other: those that look for a group on different servers, or write it differently.
 *
 * Each server knows which configurations run. A node whose own is another is refused, unless it names the one that runs as the
 * previous one; it may hear from it then when no node of that runs any more.
 */
export class Deployment {
  readonly #parts: DeploymentParts;
  readonly #own: string;
  readonly #accepted = new Set<RedisServer>();
  readonly #withPrevious = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(parts: DeploymentParts) {
    this.#parts = parts;
    this.#own = configurationText(parts.own);
    this.#timer = setInterval(() => {
      for (const server of parts.topology.servers) void this.claim(server);
    }, renewalMs);
    this.#timer.unref();
  }

  /** Whether nodes of a previous configuration may run: so it is until every server has said that none does. */
  get hasPrevious(): boolean {
    return this.#parts.previous !== undefined && (this.#withPrevious.size > 0 || !this.isAccepted);
  }

  /** Whether every server that is asked has accepted this node. */
  get isAccepted(): boolean {
    return [...this.#parts.topology.servers].every((server) => !this.#isAsked(server) || this.isAcceptedAt(server));
  }

  /** Whether a server, or on a Cluster any, has accepted this node: before, nothing may be written that others could not read. */
  isAcceptedAt(server: RedisServer): boolean {
    return server.isSharded ? this.#accepted.size > 0 : this.#accepted.has(server);
  }

  /** Says at a server that this node runs. What goes wrong with Redis is tried again later. */
  async claim(server: RedisServer): Promise<void> {
    const { script, key, onAccepted, onRefused, onProblem } = this.#parts;
    const redis = server.commands;
    if (redis === undefined || !this.#isAsked(server)) return;
    const previous = this.#previousAt(server);
    const values = [this.#own, String(leaseMs), ...previous, ...textsAt(server, this.#parts.own)];
    try {
      const [first, ...others] = (await redis.evalsha(script.sha, 1, key, ...values)) as string[];
      if (first === "refused") {
        onRefused(refused(this.#own, others[0] ?? ""));
        return;
      }
      const hasPrevious = [first, ...others].some((running) => previous.includes(running ?? ""));
      if (hasPrevious) this.#withPrevious.add(server.key);
      else this.#withPrevious.delete(server.key);
      this.#accepted.add(server);
      onAccepted();
    } catch (error) {
      // A new connection asks again, and so does the timer.
      onProblem(error as Error, server);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  // At the server that is left, a node that knows only one server is one of before.
  #previousAt(server: RedisServer): readonly string[] {
    const { previous } = this.#parts;
    return previous === undefined ? [] : textsAt(server, previous);
  }

  // On a Cluster it is one key, on the server that holds it.
  #isAsked(server: RedisServer): boolean {
    return !server.isSharded || this.#parts.topology.serverOf(0) === server;
  }
}

/** All ways in which a configuration is written at a server: who has only that one may have named it or not. */
function textsAt(server: RedisServer, configuration: Configuration): readonly string[] {
  const { servers } = configuration;
  const isOnly = servers === theOnlyServer || (servers.length === 1 && servers[0] === server.key);
  const lists = isOnly ? [theOnlyServer, [server.key]] : [servers];
  return lists.map((each) => configurationText({ ...configuration, servers: each }));
}

function refused(own: string, running: string): SolentError {
  const rule =
    `nodes run that have ${running}, and neither could hear the other. Give all the same; to change servers, give the ` +
    `old ones as previousServers; or end the others, which are forgotten after ${leaseMs / 1000} s`;
  return new SolentError("CONFIG_INVALID", { option: "redis", value: own, rule });
}
