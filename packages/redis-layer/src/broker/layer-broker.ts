import type { Broker } from "@solent/core/layer";
import type { RedisServer, ServerParts } from "../connection/redis-server.ts";
import type { PublisherOptions } from "../publishing/publisher.ts";

/** What a broker over Redis is made of, of either wire format. */
export interface LayerBrokerParts {
  readonly maxMessageBytes: number;
  readonly publishing: PublisherOptions;
  readonly connection: Pick<ServerParts, "connectTimeoutMs" | "proofIntervalMs" | "proofTimeoutMs" | "isSender">;
  readonly onProblem: (problem: Error, server: string) => void;
}

/** A broker over Redis, of either wire format. */
export interface LayerBroker extends Broker {
  /** Whether it has all the connections that it needs. */
  readonly isReady: boolean;
  /** Resolves when it `isReady`. */
  ready(signal?: AbortSignal): Promise<void>;
  /** A barrier in both directions, at every server that is connected. */
  settled(): Promise<void>;
}

/** Resolves when what was published in this turn or before is with its server, and what was there before has arrived. */
export async function settledAt(servers: Iterable<RedisServer>): Promise<void> {
  // Publications are written at the end of the turn.
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([...servers].map((server) => server.settled()));
}
