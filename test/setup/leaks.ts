import { setTimeout as wait } from "node:timers/promises";
import { afterAll } from "vitest";

/** What must not outlive a test file. Sockets are not here: `fetch` keeps its own open for a while. */
const kinds = new Set(["TCPServerWrap", "PipeServerWrap", "ProcessWrap"]);
const GRACE_MS = 2_000;
const LOOK_EVERY_MS = 20;

const leaked = () => process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));

// Registered before any hook of the file, so it runs after all of them. Nothing tells of a handle that is gone, so it looks.
afterAll(async () => {
  const deadline = Date.now() + GRACE_MS;
  while (leaked().length > 0 && Date.now() < deadline) await wait(LOOK_EVERY_MS);
  const left = leaked();
  if (left.length > 0) {
    throw new Error(`This file left ${left.join(", ")} behind: close every server and child process it starts.`);
  }
});
