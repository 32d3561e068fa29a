// The load generator's process: compiled when its source is newer, then talked to by lines.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemProgram } from "../../scripts/system-program.mjs";
import { start } from "./processes.mjs";

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(bench, "loadgen/loadgen.c");
const program = join(bench, "build/loadgen");

/** @throws {Error} saying in one line what to install when there is no C compiler. */
export function compileLoadGenerator() {
  if (existsSync(program) && statSync(program).mtimeMs >= statSync(source).mtimeMs) return;
  mkdirSync(dirname(program), { recursive: true });
  const { status, error } = spawnSync(systemProgram("gcc"), ["-O2", "-o", program, source], { stdio: "inherit" });
  if (status !== 0) throw new Error(`The load generator did not compile: ${error?.message ?? "see above"}.`);
}

/** A running load generator. It stands still after each phase until it is told to go on. */
export class LoadGenerator {
  #child;
  #buffer = "";
  #lines = [];
  #wake = () => {};

  constructor(options) {
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#child = start(program, args);
    this.#child.stdout.on("data", (text) => this.#take(text));
    void this.#child.gone.then(() => this.#wake());
  }

  get process() {
    return this.#child;
  }

  /** The next phase's report; `undefined` when it has ended. @throws {Error} what the generator could not do */
  async nextPhase() {
    while (this.#lines.length === 0 && this.#child.exitCode === null && this.#child.signalCode === null) {
      await new Promise((resolve) => (this.#wake = resolve));
    }
    const line = this.#lines.shift();
    if (line?.phase === "error") throw new Error(line.error);
    if (line === undefined && this.#child.exitCode !== 0)
      throw new Error(`The load generator failed: ${this.#child.tail.trim()}`);
    return line;
  }

  goOn() {
    this.#child.stdin.write("\n");
  }

  #take(text) {
    this.#buffer += text;
    const lines = this.#buffer.split("\n");
    this.#buffer = lines.pop();
    this.#lines.push(...lines.map((line) => JSON.parse(line)));
    this.#wake();
  }
}
