// One round of one measure with one peer, in fresh processes.
import { figuresOf } from "./figures.mjs";
import { LoadGenerator } from "./load-generator.mjs";
import { cpuUs, sample } from "./machine.mjs";
import { startPeer } from "./peers.mjs";
import { sleep, start, stop } from "./processes.mjs";

const settledMs = 300;
const collectionMs = 1_000;

/**
 * Runs it and answers its figures, or `{ error }`.
 *
 * @param {{ spec: object, measure: object, probe?: string, nodeFlags: string[] }} job
 */
export async function runRound(job) {
  const { spec, measure } = job;
  const running = [];
  try {
    const server = await startPeer(spec, job.nodeFlags);
    running.push(server);
    await sleep(settledMs);
    const generator = new LoadGenerator(loadOptions(spec, measure, server.port));
    running.push(generator.process);
    const phases = await followPhases({ ...job, server, generator, running });
    return figuresOf(measure.mode, phases);
  } catch (error) {
    return { error: error.message, server: running[0]?.tail.trim() };
  } finally {
    for (const child of running.toReversed()) await stop(child);
  }
}

function loadOptions(spec, measure, port) {
  const path = spec.path === undefined ? {} : { path: spec.path };
  return { ports: port, dialect: spec.dialect, mode: measure.mode, ...path, ...measure.load };
}

async function followPhases(round) {
  const { server, generator, measure } = round;
  const phases = new Map();
  for (let phase = await generator.nextPhase(); phase !== undefined; phase = await generator.nextPhase()) {
    const record = { ...phase, server: sample(server.pid), generator: cpuUs(generator.process.pid) };
    phases.set(phase.of === undefined ? phase.phase : `${phase.phase} ${phase.of}`, record);
    if (measure.restMs !== undefined) await rest(record, server, measure.restMs);
    if (phase.phase === "warmed") startProbe(round);
    generator.goOn();
  }
  return phases;
}

// Memory is read when everything is quiet, as it stands and after a collection.
async function rest(record, server, restMs) {
  if (record.phase !== "start") {
    await sleep(restMs);
    record.rested = sample(server.pid);
  }
  server.kill("SIGUSR2");
  await sleep(collectionMs);
  record.collected = sample(server.pid);
  if (record.phase === "start") record.server = record.collected;
}

function startProbe({ probe, server, running }) {
  if (probe === undefined) return;
  const child = start("/bin/sh", ["-c", `exec ${probe.replaceAll("PID", String(server.pid))}`]);
  child.stdout.pipe(process.stderr);
  running.push(child);
}
