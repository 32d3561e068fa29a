import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../scripts/redis-server.mjs";
import { systemProgram } from "../../scripts/system-program.mjs";
import { eventually } from "../support/redis/eventually.ts";

/** A real haproxy in front of several servers: each request goes to the next one that takes it, and nothing sticks. */
export class Haproxy implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #folder: string;

  private constructor(port: number, folder: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    this.#child = spawn(systemProgram("haproxy"), ["-db", "-q", "-f", join(folder, "haproxy.cfg")], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    this.#exit = once(this.#child, "exit");
  }

  /** Resolves when it listens. */
  static async before(ports: readonly number[]): Promise<Haproxy> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), "solent-haproxy-"));
    await writeFile(join(folder, "haproxy.cfg"), configuration(port, ports));
    const proxy = new Haproxy(port, folder);
    try {
      await eventually("haproxy listens", () => proxy.#listens(port), { patienceMs: 5_000 });
      return proxy;
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // At once: it need not say goodbye.
    this.#child.kill("SIGTERM");
    await this.#exit;
    await rm(this.#folder, { recursive: true });
  }

  async #listens(port: number): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error("haproxy has ended");
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return true;
    } finally {
      socket.destroy();
    }
  }
}

function configuration(port: number, ports: readonly number[]): string {
  return `
global
  maxconn 200
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  # A node that is gone: what it was surely not told goes to the next one.
  retries 3
  option redispatch 1
  retry-on conn-failure
listen nodes
  bind 127.0.0.1:${port}
  balance roundrobin
${ports.map((each) => `  server node-${each} 127.0.0.1:${each}\n`).join("")}`;
}
