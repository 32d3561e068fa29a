// Starts and ends the processes of a run. Every process that was started is ended, by its pid, whatever happens.
import { spawn } from "node:child_process";
import { createServer, connect } from "node:net";

const live = new Set();
const keptOutput = 2_000;

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    for (const child of live) child.kill("SIGKILL");
    process.exit(130);
  });
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Starts a program; `tail` holds the end of what it writes to stderr. */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
  child.tail = "";
  child.stderr.on("data", (text) => (child.tail = (child.tail + text).slice(-keptOutput)));
  child.on("error", (error) => (child.tail += error.message));
  // A process that is gone reads nothing more; its exit is what is looked at.
  child.stdin.on("error", () => {});
  live.add(child);
  child.gone = new Promise((resolve) => {
    child.on("close", () => {
      live.delete(child);
      resolve(true);
    });
  });
  return child;
}

export async function stop(child) {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
  const isGone = await Promise.race([child.gone, sleep(3_000)]);
  if (isGone) return;
  child.kill("SIGKILL");
  await child.gone;
}

/** A port that nobody listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export async function untilOpen(port, child, name) {
  for (let attempt = 0; attempt < 300 && child.exitCode === null; attempt++) {
    if (await isOpen(port)) return;
    await sleep(50);
  }
  throw new Error(`${name} did not open its port: ${child.tail.trim()}`);
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
