import { SolentError } from "@solent/core/errors";
import type { RedisServer } from "../connection/redis-server.ts";
import type { Topology } from "../topology/topology.ts";
import type { Script } from "../connection/script.ts";

/** For how long it is known that nodes with a configuration run, and how often each says so. */
const leaseMs = 30_000;
const renewalMs = 10_000;

/** What all nodes of a deployment must have in common to hear each other. */
export interface Configuration {
  /** The names of the servers, or `"cluster"`. */
  readonly servers: readonly string[];
  readonly partitions: number;
  readonly wire: number;
  readonly serializerFormat: string;
  readonly isEncrypted: boolean;
}

/** A configuration as a text: equal for equal ones. */
function configurationText({ servers, ...rest }: Configuration): string {
  return JSON.stringify({ servers: servers.toSorted(), ...rest });
}

/** What a deployment is told by, and what it tells. */
export interface DeploymentParts {
  readonly own: Configuration;
  /** Those whose nodes may still run. */
  readonly previous: readonly Configuration[];
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
  readonly #previous: readonly string[];
  readonly #accepted = new Set<RedisServer>();
  readonly #withPrevious = new Set<string>();
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(parts: DeploymentParts) {
    this.#parts = parts;
    this.#own = configurationText(parts.own);
    this.#previous = parts.previous.map(configurationText);
    this.#timer = setInterval(() => {
      for (const server of parts.topology.servers) void this.claim(server);
    }, renewalMs);
    this.#timer.unref();
  }

  /** Whether nodes of a previous configuration run, as far as the servers have said. */
  get hasPrevious(): boolean {
    return this.#withPrevious.size > 0;
  }

  /** Whether every server that is asked has accepted this node. */
  get isAccepted(): boolean {
    return [...this.#parts.topology.servers].every((server) => this.isAcceptedBy(server));
  }

  /** Whether a server has accepted this node, or is not asked. */
  isAcceptedBy(server: RedisServer): boolean {
    return !this.#isAsked(server) || this.#accepted.has(server);
  }

  /** Says at a server that this node runs. What goes wrong with Redis is tried again later. */
  async claim(server: RedisServer): Promise<void> {
    const { script, key, onAccepted, onRefused, onProblem } = this.#parts;
    const redis = server.commands;
    if (redis === undefined || !this.#isAsked(server)) return;
    const values = [this.#own, String(leaseMs), ...this.#previous];
    try {
      const [first, ...others] = (await redis.evalsha(script.sha, 1, key, ...values)) as string[];
      if (first === "refused") {
        onRefused(refused(this.#own, others[0] ?? ""));
        return;
      }
      const hasPrevious = [first, ...others].some((running) => this.#previous.includes(running ?? ""));
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

  // On a Cluster it is one key, on the server that holds it.
  #isAsked(server: RedisServer): boolean {
    return !server.isSharded || this.#parts.topology.serverOf(0) === server;
  }
}

function refused(own: string, running: string): SolentError {
  const rule =
    `nodes run that have ${running}, and neither could hear the other. Give all the same; to change servers, give the ` +
    `old ones as previousServers; or end the others, which are forgotten after ${leaseMs / 1000} s`;
  return new SolentError("CONFIG_INVALID", { option: "redis", value: own, rule });
}
