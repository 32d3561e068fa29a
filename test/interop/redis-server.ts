import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const STOP_TIMEOUT_MS = 3_000;

/** A Redis server of the test's own, on a Unix socket, so that no two tests want the same port. */
export class RedisServer implements AsyncDisposable {
  readonly socketPath: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(folder: string) {
    this.#folder = folder;
    this.socketPath = join(folder, "redis.sock");
    const settings = [
      "--port",
      "0",
      "--unixsocket",
      this.socketPath,
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      folder,
    ];
    this.#child = spawn(process.env["REDIS_SERVER_PATH"] ?? "redis-server", settings, {
      stdio: ["ignore", "pipe", "ignore"],
    });
    this.#ended = once(this.#child, "close");
  }

  /** Starts one; resolves when it takes connections. */
  static async start(): Promise<RedisServer> {
    const server = new RedisServer(mkdtempSync(join(tmpdir(), "solent-redis-")));
    const lines: string[] = [];
    for await (const line of createInterface(server.#child.stdout!)) {
      if (line.includes("accept connections")) {
        server.#child.stdout!.resume();
        return server;
      }
      lines.push(line);
    }
    await server[Symbol.asyncDispose]();
    throw new Error(`redis-server has ended before it was ready: ${lines.slice(-3).join(" ")}`);
  }

  get url(): string {
    return `unix://${this.socketPath}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
