import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import type { ChatLog } from "../log.ts";
import { Pauses } from "./pauses.ts";

/** How long a node may take to stop, before it is ended. */
const stopWithinMs = 20_000;

/** What a node is told, beside the environment of the process that starts it. */
export interface NodeEnvironment {
  readonly CHAT_NODE: string;
  readonly CHAT_NODES: "1";
  readonly CHAT_REDIS: string;
}

/** A process that serves the chat, and is started again when it dies. */
export class SupervisedNode {
  readonly #environment: NodeEnvironment;
  readonly #log: ChatLog;
  readonly #pauses = new Pauses();
  #worker: Worker | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopping = false;

  constructor(environment: NodeEnvironment, log: ChatLog) {
    this.#environment = environment;
    this.#log = log;
  }

  /** Starts it, and watches over it. @returns the port it listens on; nothing when it died before. */
  async start(): Promise<number | undefined> {
    this.#pauses.started();
    const worker = cluster.fork(this.#environment);
    this.#worker = worker;
    const listening = once(worker, "listening") as Promise<[{ readonly port: number }]>;
    const exit = once(worker, "exit").then(() => undefined);
    const address = await Promise.race([listening, exit]);
    if (address === undefined) return undefined;
    worker.once("exit", (code, signal) => this.#startAgain(signal ?? `exit code ${code}`));
    return address[0].port;
  }

  /** Starts it, and goes on until it listens. */
  async startForSure(): Promise<void> {
    if ((await this.start()) === undefined) this.#startAgain("it died before it listened");
  }

  /** Stops it gracefully, or by force when that takes too long. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    const worker = this.#worker;
    if (worker === undefined || worker.isDead()) return;
    const exit = once(worker, "exit");
    worker.process.kill("SIGTERM");
    const force = setTimeout(() => worker.process.kill("SIGKILL"), stopWithinMs);
    await exit;
    clearTimeout(force);
  }

  #startAgain(why: string): void {
    if (this.#isStopping) return;
    const pauseMs = this.#pauses.died();
    this.#log.error({ node: this.#environment.CHAT_NODE, why, pauseMs }, "a node has died, and is started again");
    this.#timer = setTimeout(() => void this.startForSure(), pauseMs);
  }
}
