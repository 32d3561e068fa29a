import { SolentError } from "../errors/solent-error.ts";
import { deferred } from "../internal/deferred.ts";
import type { ChannelLayer } from "../layer/channel-layer.ts";
import type { ChannelLayerOptions, ClusterOptions } from "../layer/layer-options.ts";
import type { Member } from "../layer/member.ts";
import type { LayerMessage } from "../layer/message.ts";

/**
 * What a case can need beyond one layer: several nodes, a capability of the layer, or a fault to inject. `"ownQueues"` is a layer
 * without the capability `queues`, whose plain channels go by its own clock.
 */
export type ConformanceNeed =
  | "nodes"
  | "offsets"
  | "history"
  | "receivers"
  | "envelopes"
  | "queues"
  | "ownQueues"
  | keyof ConformanceFaults;

/** The faults a harness can inject, each optional: cases that need one it lacks are skipped, and say so. */
export interface ConformanceFaults {
  /** Cuts one node's connection, until `reconnect`. */
  readonly disconnect: (layer: ChannelLayer) => void | Promise<void>;
  /** Connects it again. */
  readonly reconnect: (layer: ChannelLayer) => void | Promise<void>;
  /** The group's next event is published twice under one id. */
  readonly publishNextTwice: (group: string) => void | Promise<void>;
  /** The group's next event does not reach that node, though its connection stays. */
  readonly loseNext: (layer: ChannelLayer, group: string) => void | Promise<void>;
  /** A stale copy of the store takes over: so many of the group's newest events are forgotten. */
  readonly rewind: (group: string, events: number) => void | Promise<void>;
  /** That node's subscription of the group is gone, and nobody tells it. */
  readonly dropSubscription: (layer: ChannelLayer, group: string) => void | Promise<void>;
  /** Something that is no event arrives at that node for the group, or in its inbox where there is no group. */
  readonly poison: (layer: ChannelLayer, bytes: Uint8Array, group?: string) => void | Promise<void>;
  /** That node's subscriptions of the group are refused. */
  readonly refuse: (layer: ChannelLayer, group: string) => void | Promise<void>;
}

/** What a layer's author provides so that the cases can run. One harness a case. */
export interface ConformanceHarness {
  /**
   * New layers, joined to each other where there is more than one, connected and empty. The harness closes them at its end.
   *
   * `options.now`, where given, is the clock that the layers must use.
   */
  layers(count: number, options?: ChannelLayerOptions & ClusterOptions): Promise<readonly ChannelLayer[]>;
  /** Resolves when everything sent so far has arrived, or never will. */
  settle(): Promise<void>;
  /** The faults it can inject. */
  readonly faults?: Partial<ConformanceFaults>;
}

/** One thing that every layer does. */
export interface ConformanceCase {
  /** What it does, as a sentence. */
  readonly name: string;
  /** What the case needs; without it, the case is skipped. */
  readonly needs?: readonly ConformanceNeed[];
  /** Throws when the layer does not do it. */
  run(harness: ConformanceHarness): Promise<void>;
}

/** A case that a layer cannot run, and why. */
export interface ConformanceSkip {
  readonly name: string;
  readonly reason: string;
}

/** A member that keeps what it gets. */
export class Recorder implements Member {
  readonly messages: LayerMessage[] = [];
  readonly #onDeliver: ((message: LayerMessage) => void) | undefined;
  readonly #waiting = new Set<() => void>();

  /** @param onDeliver what it does with each message, synchronously, after keeping it. */
  constructor(onDeliver?: (message: LayerMessage) => void) {
    this.#onDeliver = onDeliver;
  }

  /** The types it got, in order. */
  get types(): readonly string[] {
    return this.messages.map((message) => message.meta.type);
  }

  /** One field of each event it got, in order; the type of those without it. */
  field(name: string): readonly unknown[] {
    return this.messages.map((message) => (name in message.data ? message.data[name] : message.meta.type));
  }

  deliver(message: LayerMessage): boolean {
    this.messages.push(message);
    for (const look of this.#waiting) look();
    this.#onDeliver?.(message);
    return true;
  }

  /** Resolves when it has got so many messages; rejects after five seconds. */
  async until(count: number): Promise<void> {
    const reached = deferred<void>();
    const look = (): void => {
      if (this.messages.length >= count) reached.resolve();
    };
    const late = (): void => reached.reject(new Error(`got ${this.messages.length} messages, expected ${count}`));
    const timer = setTimeout(late, 5000);
    this.#waiting.add(look);
    look();
    try {
      await reached.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }
}

/** Fails when `actual` is not the same value as `expected`, through plain objects, arrays and bytes. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (!isSame(actual, expected)) throw new Error(`${what}: got ${show(actual)}, expected ${show(expected)}`);
}

/** Fails when `condition` does not hold. */
export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Fails when `work` does not reject with the error of that code. Gives the error. */
export async function rejects(
  work: () => Promise<unknown>,
  code: SolentError["code"],
  what: string,
): Promise<SolentError> {
  let outcome: unknown;
  try {
    outcome = await work();
  } catch (error) {
    if (SolentError.is(error, code)) return error;
    throw new Error(`${what}: rejected with ${String(error)}, expected ${code}`, { cause: error });
  }
  throw new Error(`${what}: resolved with ${show(outcome)}, expected to reject with ${code}`);
}

/** The only layer of a case on one node. */
export async function oneLayer(harness: ConformanceHarness, options?: ChannelLayerOptions): Promise<ChannelLayer> {
  const [layer] = await harness.layers(1, options);
  if (layer === undefined) throw new Error("the harness made no layer");
  return layer;
}

/** The two layers of a case on two nodes. */
export async function twoLayers(
  harness: ConformanceHarness,
  options?: ChannelLayerOptions & ClusterOptions,
): Promise<readonly [ChannelLayer, ChannelLayer]> {
  const [first, second] = await harness.layers(2, options);
  if (first === undefined || second === undefined) throw new Error("the harness made no two layers");
  return [first, second];
}

/** A fault, which a case may use because it has said that it needs it. */
export function fault<Name extends keyof ConformanceFaults>(
  harness: ConformanceHarness,
  name: Name,
): ConformanceFaults[Name] {
  const inject = harness.faults?.[name];
  if (inject === undefined) throw new Error(`the harness cannot inject "${name}"`);
  return inject;
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b) || a instanceof Uint8Array !== b instanceof Uint8Array) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isSame(Reflect.get(a, key), Reflect.get(b, key)));
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 500);
}
