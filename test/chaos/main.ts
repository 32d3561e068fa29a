import { parseArgs } from "node:util";
import { Chaos, type SeedResult } from "./chaos.ts";
import type { Entry } from "./history.ts";
import { type Topology, topologies } from "./world.ts";

const usage = `Usage: pnpm chaos --seeds <first>-<last> [--topology ${topologies.join("|")}] [--history] [--verbose]`;
const shownViolations = 3;
const shownLines = 25;

interface Wanted {
  readonly first: number;
  readonly last: number;
  readonly topology: Topology;
  /** Whether groups remember everything that is sent. */
  readonly remembers: boolean;
  /** Whether to say what happened in every seed. */
  readonly isVerbose: boolean;
}

function parse(): Wanted {
  const { values } = parseArgs({
    options: {
      ...{ seeds: { type: "string" }, topology: { type: "string" } },
      ...{ history: { type: "boolean" }, verbose: { type: "boolean" } },
    },
  });
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(values.seeds ?? "") ?? [];
  const topology = topologies.find((each) => each === (values.topology ?? "single"));
  if (first === undefined || topology === undefined || Number(last) < Number(first)) throw new Error(usage);
  const { history: remembers = false, verbose: isVerbose = false } = values;
  return { first: Number(first), last: Number(last), topology, remembers, isVerbose };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `pnpm chaos`: runs seeds until one shows a fault; answers the exit code. */
async function main(): Promise<number> {
  const { first, last, topology, remembers, isVerbose } = parse();
  const startedAtMs = performance.now();
  await using chaos = new Chaos(topology, remembers);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void chaos[Symbol.asyncDispose]().finally(() => process.exit(130)));
  }
  for (let seed = first; seed <= last; seed += 1) {
    const result = await chaos.run(seed);
    print(summaryOf(result));
    if (isVerbose) for (const event of result.events) print(`  ${event}`);
    if (result.violations.length === 0) continue;
    for (const violation of result.violations.slice(0, shownViolations)) {
      print(`\nVIOLATION of "${violation.rule}" by seed ${seed} on ${topology}: ${violation.what}`);
      for (const entry of violation.evidence.slice(0, shownLines)) print(`  ${lineOf(entry)}`);
    }
    print(`\n${result.violations.length} violations. ${result.events.join("; ")}`);
    print(`Again: pnpm chaos --seeds ${seed}-${seed} --topology ${topology}${remembers ? " --history" : ""}`);
    return 1;
  }
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
  print(`${last - first + 1} seeds on ${topology} passed in ${seconds} s.`);
  return 0;
}

function summaryOf({ seed, topology, history, violations, elapsedMs }: SeedResult): string {
  const entries = history.nodes.flatMap((node) => node.entries);
  const count = (kind: Entry["kind"]): number => entries.filter((entry) => entry.kind === kind).length;
  const outcomes = new Map<string, number>();
  for (const entry of entries) {
    if (entry.kind === "outcome") outcomes.set(entry.outcome, (outcomes.get(entry.outcome) ?? 0) + 1);
  }
  const ends = [...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(", ");
  const what = `${ends}; ${count("got")} got, ${count("gap")} gaps`;
  const verdict = violations.length === 0 ? "ok" : "VIOLATED";
  return `${topology} ${seed}: ${verdict} in ${(elapsedMs / 1000).toFixed(1)} s (${what})`;
}

function lineOf({ at, kind, ...rest }: Entry): string {
  const facts = Object.entries(rest).map(([name, value]) => `${name}=${String(value)}`);
  return `${(at / 1000).toFixed(1)} ms ${kind} ${facts.join(" ")}`;
}

try {
  process.exitCode = await main();
} catch (error) {
  for (let cause = error; cause instanceof Error; cause = cause.cause) process.stderr.write(`${cause.message}\n`);
  process.exitCode = 2;
}
