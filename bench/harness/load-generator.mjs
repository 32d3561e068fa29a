// The load generator's process: compiled when one of its sources is newer, then talked to by lines.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemProgram } from "../../scripts/system-program.mjs";
import { start } from "./processes.mjs";

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(bench, "loadgen");
const program = join(bench, "build/loadgen");

/** @throws {Error} saying in one line what to install when there is no C compiler. */
export function compileLoadGenerator() {
  const files = readdirSync(folder).map((name) => join(folder, name));
  const changedAtMs = Math.max(...files.map((file) => statSync(file).mtimeMs));
  if (existsSync(program) && statSync(program).mtimeMs >= changedAtMs) return;
  mkdirSync(dirname(program), { recursive: true });
  const sources = files.filter((file) => file.endsWith(".c"));
  const { status, error } = spawnSync(systemProgram("gcc"), ["-O2", "-o", program, ...sources], { stdio: "inherit" });
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

  get processes() {
    return [this.#child];
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

/** Several that do the same at once, each with its part of the groups: one alone would need too many open files. */
export class LoadGenerators {
  #all;

  constructor({ groups, rate, ...options }, count) {
    this.#all = Array.from({ length: count }, (_, i) => {
      const part = { groups: groups / count, rate: rate / count, prefix: String.fromCodePoint(97 + i) };
      return new LoadGenerator({ ...options, ...part });
    });
  }

  get processes() {
    return this.#all.flatMap(({ processes }) => processes);
  }

  /** The next phase's report when all have come to its end: sums, and of times the longest. */
  async nextPhase() {
    const reports = await Promise.all(this.#all.map((generator) => generator.nextPhase()));
    return reports.reduce((sum, report) => sum && together(sum, report));
  }

  goOn() {
    for (const generator of this.#all) generator.goOn();
  }
}

function together(one, other) {
  const both = (value, name) => {
    if (typeof value === "object") return mapped(value, (time, quantile) => Math.max(time, other[name][quantile]));
    if (typeof value !== "number") return value;
    return name === "wall" ? Math.max(value, other.wall) : value + other[name];
  };
  return mapped(one, both);
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));
}
