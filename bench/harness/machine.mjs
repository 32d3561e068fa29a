// What the kernel knows about a process, read from /proc: CPU time, memory, limits.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

const ticksPerSecond = Number(spawnSync("getconf", ["CLK_TCK"], { encoding: "utf8" }).stdout) || 100;
const tickUs = 1e6 / ticksPerSecond;

/** User and system CPU time of a process so far, in µs. */
function cpuUs(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the program's name in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { user: fields[11] * tickUs, sys: fields[12] * tickUs };
}

/** Memory of a process that is in RAM now, in KB. */
function rssKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))[1]);
}

/** CPU time and memory of all servers together, at one moment. */
export function sampleAll(servers) {
  const sum = { user: 0, sys: 0, rssKb: 0 };
  for (const { pid } of servers) {
    const { user, sys } = cpuUs(pid);
    sum.user += user;
    sum.sys += sys;
    sum.rssKb += rssKb(pid);
  }
  return sum;
}

/** What the results were measured on, in one line. */
export function machineLine() {
  const model = cpus()[0]?.model ?? "unknown CPU";
  const kernel = existsSync("/proc/version") ? readFileSync("/proc/version", "latin1").split(" ")[2] : "unknown";
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${model.trim()}, ${gib} GiB, Linux ${kernel}, Node ${process.version}`;
}

/** @throws {Error} saying in one line what to do when this machine cannot run the measures. */
export function requireMachine(connections) {
  if (process.platform !== "linux") {
    throw new Error(
      "The benchmarks read CPU time and memory from /proc: run them on Linux, for instance in a container.",
    );
  }
  // Node and the load generator raise their soft limits to the hard one themselves; only the hard one can be too low.
  const hard = Number(/Max open files\s+\S+\s+(\S+)/.exec(readFileSync("/proc/self/limits", "latin1"))?.[1]);
  const needed = connections + 200;
  if (hard < needed) {
    throw new Error(
      `${connections} connections need ${needed} open files, and the hard limit here is ${hard}: ` +
        `as root run "ulimit -n ${needed}" in this shell first, or measure fewer with --members.`,
    );
  }
}
