// Measures Solent beside other servers, and prints one table. `node bench/run.mjs --help` says how.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compileLoadGenerator } from "./harness/load-generator.mjs";
import { machineLine, requireMachine } from "./harness/machine.mjs";
import { connectionsOf, measures, sets } from "./harness/measures.mjs";
import { peerNames, peerSpec } from "./harness/peers.mjs";
import { runRound } from "./harness/round.mjs";
import { figureTable, goalTable } from "./harness/table.mjs";

const bench = dirname(fileURLToPath(import.meta.url));
const root = dirname(bench);

const help = `pnpm bench [measure ...] [options]

  --rounds N        rounds of each measure; the peers take turns within one (default 5)
  --seconds N       measured time of a round (default 3)
  --peers A,B       these peers only; the first is what the others are compared with
  --members N, --window N, --rate N, --payload BYTES, --bulk N    other sizes than the measure's own
  --probe COMMAND   runs beside the measured phase; PID in it becomes the server's
  --node-flags=F    more flags for the servers, as one word: "--node-flags=--cpu-prof --cpu-prof-dir=prof"
  --no-build        takes packages/*/dist as it is

measures
${Object.entries(measures)
  .map(([name, { title }]) => `  ${name.padEnd(13)} ${title}`)
  .join("\n")}

sets of measures
${Object.entries(sets)
  .map(([name, list]) => `  ${name.padEnd(13)} ${list.join(" ")}`)
  .join("\n")}

peers
  ${peerNames().join(" ")}
  solent/sse, solent/stream, solent/poll: the same server, with members that come that way; solent/websocket+sse: half in each
`;

function readArguments() {
  const text = { type: "string" };
  const { values, positionals } = parseArgs({
    // pnpm hands over the "--" that separates its own options.
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    allowPositionals: true,
    allowNegative: true,
    options: {
      rounds: text,
      seconds: text,
      peers: text,
      members: text,
      window: text,
      rate: text,
      payload: text,
      bulk: text,
      probe: text,
      "node-flags": text,
      build: { type: "boolean", default: true },
      help: { type: "boolean", default: false },
    },
  });
  const chosen = positionals.length > 0 ? positionals.flatMap((name) => sets[name] ?? [name]) : Object.keys(measures);
  const unknown = chosen.find((name) => measures[name] === undefined);
  if (unknown !== undefined)
    throw new Error(`There is no measure "${unknown}"; there are ${Object.keys(measures).join(", ")}.`);
  return { values, chosen };
}

function numberOf(values, option, otherwise) {
  const value = Number(values[option] ?? otherwise);
  if (!(value > 0)) throw new Error(`--${option} is "${values[option]}", which is not a positive number.`);
  return value;
}

function withOptions(measure, values) {
  const seconds = numberOf(values, "seconds", measure.seconds ?? 3);
  const load = { ...measure.load, duration: seconds, warmup: Math.min(1, seconds / 2) };
  for (const option of ["members", "window", "rate", "payload", "bulk"]) {
    if (values[option] !== undefined) load[option] = numberOf(values, option);
  }
  const peers = values.peers?.split(",") ?? measure.peers;
  return { ...measure, load, peers };
}

// Peers run the built package, as users do. tsc itself finds out whether anything is to be done.
function buildSolent() {
  const tsc = join(dirname(createRequire(join(root, "package.json")).resolve("typescript/package.json")), "bin/tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b", "packages/redis-layer"], { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error("packages/redis-layer does not build: nothing was measured.");
}

async function runMeasure(name, measure, { rounds, probe, nodeFlags }) {
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    for (const peer of measure.peers) {
      const figures = await runRound({ spec: peerSpec(peer), measure, probe, nodeFlags });
      results.push({ measure: name, peer, round, ...figures });
      const said =
        figures.error === undefined
          ? `${measure.cost} ${figures[measure.cost]?.toFixed(3)}`
          : `ERROR ${figures.error} ${figures.server}`;
      process.stderr.write(
        `${name} ${round}/${rounds} ${peer}: ${said}${figures.isExact === false ? " NOT EXACT" : ""}\n`,
      );
    }
  }
  process.stdout.write(`\n### ${measure.title} (\`${name}\`)\n\n${figureTable(measure, results)}\n`);
  return { measure, results };
}

async function main() {
  const { values, chosen } = readArguments();
  if (values.help) {
    process.stdout.write(help);
    return true;
  }
  const list = chosen.map((name) => [name, withOptions(measures[name], values)]);
  requireMachine(Math.max(...list.map(([, measure]) => connectionsOf(measure))));
  compileLoadGenerator();
  if (values.build && list.some(([, { peers }]) => peers.some((peer) => peerSpec(peer).isSolent))) buildSolent();

  const options = {
    rounds: numberOf(values, "rounds", 5),
    probe: values.probe,
    nodeFlags: values["node-flags"]?.split(" ") ?? [],
  };
  const machine = machineLine();
  process.stdout.write(`${machine}; ${options.rounds} rounds of ${numberOf(values, "seconds", 3)} s\n`);
  const runs = [];
  for (const [name, measure] of list) runs.push(await runMeasure(name, measure, options));

  const startedAt = new Date().toISOString().replaceAll(":", "-");
  mkdirSync(join(bench, "results"), { recursive: true });
  const results = runs.flatMap((run) => run.results);
  writeFileSync(join(bench, "results", `${startedAt}.json`), `${JSON.stringify({ machine, results }, undefined, 1)}\n`);

  const goals = goalTable(runs);
  if (goals.text !== "") process.stdout.write(`\n## Goals\n\n${goals.text}\n`);
  return goals.isMet && results.every((result) => result.isExact);
}

try {
  if (!(await main())) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
