import type { SolentError } from "@solent/core/errors";
import type { BrokerMessage, HistoryOptions, HistoryPage, Position } from "@solent/core/layer";
import type { Script } from "../connection/script.ts";
import { readPayload } from "../layout/payload.ts";
import { placeIn, positionOf } from "../layout/position.ts";
import { unavailable } from "../connection/unavailable.ts";
import { ScriptCalls, type ScriptRoutes } from "../publishing/script-calls.ts";

/** Where a group is. */
interface Place {
  readonly name: string;
  readonly partition: number;
}

/** Reads what groups remember: a list beside the position of each; see `scripts/publish.lua`. */
export class RedisHistory {
  readonly #routes: ScriptRoutes;
  readonly #calls: ScriptCalls;
  readonly #script: Script;

  /** @param timeoutMs how long a reading may take. */
  constructor(routes: ScriptRoutes, script: Script, timeoutMs: number) {
    this.#routes = routes;
    this.#calls = new ScriptCalls(routes, timeoutMs);
    this.#script = script;
  }

  /** See `Broker.history`. @throws {SolentError} LAYER_UNAVAILABLE, LAYER_CLOSED */
  async read(group: string, { name, partition }: Place, options: HistoryOptions): Promise<HistoryPage> {
    const { from, direction, limit, maxAgeMs } = options;
    const mark = this.#markOf(partition);
    // A position of something else, or from another life, is that of no event here.
    const begin = from === undefined ? "" : (placeIn(mark, from) ?? "0");
    const [top, isComplete, ...payloads] = await this.#calls.run({
      ...{ script: this.#script, partition, isRepeatable: true },
      keys: [name, `${name}:h`],
      values: [begin, direction, `${limit}`, `${maxAgeMs}`],
    });
    // Another server has taken over meanwhile: whose answer this is nobody knows.
    if (mark === "" || this.#markOf(partition) !== mark) throw unavailable("the server of this group has just changed");
    const messages = payloads.flatMap((payload): BrokerMessage[] => {
      const read = readPayload(payload);
      if (typeof read === "string" || read.position === undefined) return [];
      return [{ group, ...read, position: read.position + mark }];
    });
    return { messages, isComplete: isComplete?.toString() === "1", top: topOf(top, mark) };
  }

  #markOf(partition: number): string {
    return this.#routes.serverOf(partition)?.lifeMark ?? "";
  }

  close(reason: SolentError): void {
    this.#calls.close(reason);
  }
}

function topOf(place: Buffer | undefined, mark: string): Position | undefined {
  return place === undefined || place.length === 0 ? undefined : positionOf(place.toString("latin1")) + mark;
}
