import type { ChannelLayer } from "../../layer/channel-layer.ts";
import type { Seat } from "../../layer/member.ts";
import { SolentError } from "../../errors/solent-error.ts";
import type { LayerMessage } from "../../layer/message.ts";
import type { Asker } from "./http-peer.ts";

/** A request that has reached another node than the one that has its connection. */
export interface RelayedRequest {
  readonly op: "send" | "poll";
  readonly body: string;
  readonly asker: Asker;
}

/** What the client is answered. */
export interface RelayedAnswer {
  readonly status: number;
  /** The body of a poll. */
  readonly body: string;
}

interface Wait {
  readonly address: string;
  readonly op: RelayedRequest["op"];
  readonly resolve: (answer: RelayedAnswer) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

const maxWaits = 10_000;
/** Longer than a poll is held. */
const answerTimeoutMs = 35_000;
/** How often it is looked whether the nodes that are waited for are there. */
const lookEveryMs = 2_000;

/**
 * Carries requests to the node that has their connection, over the channel layer: no proxy in front needs to know which
 * one that is.
 */
export class HttpRelay {
  readonly #layer: ChannelLayer;
  readonly #perform: (request: RelayedRequest) => Promise<RelayedAnswer>;
  readonly #waits = new Map<number, Wait>();
  // What other nodes have asked, until the answer is on its way.
  readonly #inHand = new Set<Promise<void>>();
  #seat: Seat | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;
  #count = 0;
  #isLeaving = false;

  /** @param perform answers what other nodes have carried here; never rejects. */
  constructor(layer: ChannelLayer, perform: (request: RelayedRequest) => Promise<RelayedAnswer>) {
    this.#layer = layer;
    this.#perform = perform;
  }

  /** The channel that leads here. */
  get address(): string {
    this.#seat ??= this.#layer.attach({ deliver: (message) => this.#hear(message) });
    return this.#seat.channelName;
  }

  /** Asks another node. Always resolves: with 410 where that node is gone, and 503 where nothing is known. */
  async ask(address: string, { op, body, asker }: RelayedRequest): Promise<RelayedAnswer> {
    if (this.#waits.size >= maxWaits || (this.#isLeaving && op === "poll")) return { status: 503, body: "" };
    this.#count += 1;
    const number = this.#count;
    const answered = new Promise<RelayedAnswer>((resolve) => {
      const timer = setTimeout(() => this.#settle(number, { status: 503, body: "" }), answerTimeoutMs);
      this.#waits.set(number, { address, op, resolve, timer });
    });
    this.#looking ??= setInterval(() => this.#look(), lookEveryMs).unref();
    const { origin = null, site = null } = asker;
    this.#layer
      .send(address, { type: "relay.ask", from: this.address, number, op, body, origin, site })
      .catch((error: unknown) => this.#failed(number, error));
    return answered;
  }

  /** Holds no more polls for other nodes: their pages ask again, elsewhere, and nothing is lost. */
  leave(): void {
    this.#isLeaving = true;
    for (const [number, { op }] of this.#waits) if (op === "poll") this.#settle(number, { status: 503, body: "" });
  }

  /** Resolves when what other nodes have asked is answered; the connections here have ended before. */
  async close(): Promise<void> {
    this.leave();
    clearInterval(this.#looking);
    await Promise.all(this.#inHand);
    this.#seat?.close();
    for (const number of this.#waits.keys()) this.#settle(number, { status: 503, body: "" });
  }

  // A node that was killed with a request in hand answers never, and its page must not wait for that.
  #look(): void {
    const addresses = new Set([...this.#waits.values()].map(({ address }) => address));
    for (const address of addresses) {
      this.#layer.send(address, { type: "relay.look", number: 0 }).catch((error: unknown) => {
        if (!SolentError.is(error, "CHANNEL_UNREACHABLE")) return;
        for (const [number, wait] of this.#waits) if (wait.address === address) this.#failed(number, error);
      });
    }
    if (addresses.size > 0) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
  }

  #failed(number: number, error: unknown): void {
    const code = SolentError.is(error) ? error.code : undefined;
    // Whether it has arrived is not known: the answer may come still.
    if (code === "LAYER_UNCERTAIN") return;
    const status =
      code === "CHANNEL_UNREACHABLE" || code === "NAME_INVALID" ? 410 : code === "MESSAGE_TOO_LARGE" ? 413 : 503;
    this.#settle(number, { status, body: "" });
  }

  #hear({ meta, data }: LayerMessage): boolean {
    const { number, from } = data;
    if (typeof number !== "number") return false;
    if (meta.type === "relay.look") return true;
    if (meta.type === "relay.answer") {
      this.#settle(number, { status: Number(data["status"]), body: String(data["body"]) });
      return true;
    }
    const { op, body, origin, site } = data;
    if (meta.type !== "relay.ask" || typeof from !== "string" || (op !== "send" && op !== "poll")) return false;
    const asker = { origin: textOf(origin), site: textOf(site) };
    const work = this.#answer(from, number, { op, body: String(body), asker });
    this.#inHand.add(work);
    void work.then(() => this.#inHand.delete(work));
    return true;
  }

  async #answer(from: string, number: number, request: RelayedRequest): Promise<void> {
    const answer = await this.#perform(request);
    // Who asked is gone or has given up: its client asks again.
    await this.#layer.send(from, { type: "relay.answer", number, ...answer }).catch(() => {});
  }

  #settle(number: number, answer: RelayedAnswer): void {
    const wait = this.#waits.get(number);
    if (wait === undefined) return;
    this.#waits.delete(number);
    clearTimeout(wait.timer);
    wait.resolve(answer);
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
