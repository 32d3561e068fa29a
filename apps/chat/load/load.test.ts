import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { startChat } from "./chat-server.ts";
import { isExact } from "./report.ts";
import { runLoad } from "./run-load.ts";

// A server of its own starts from source, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

test("twenty people in two rooms get every message once, from a chat that is started for them", async () => {
  const said: string[] = [];
  const result = await runLoad(
    { people: 20, rooms: 2, ratePerSecond: 20, seconds: 1, url: undefined },
    (line) => void said.push(line.replace(/ \(.*/, "")),
  );
  expect(said).toEqual(["20 people signed up", "2 rooms made and joined", "all pages open"]);
  expect(result.failures).toEqual(new Map());
  expect(result).toMatchObject({ messages: 20, deliveries: 20 * 20, missing: 0, doubled: 0, strays: 0 });
  expect(isExact(result)).toBe(true);
});

test("a chat that runs is taken as it is, and told from one that lets too few people in", async () => {
  await using chat = await startChat(10);
  const options = { people: 10, rooms: 1, ratePerSecond: 10, seconds: 1, url: chat.url };
  expect(isExact(await runLoad(options, () => {}))).toBe(true);
  await expect(runLoad(options, () => {})).rejects.toThrow(/could not sign up: 429 .*CHAT_SIGN_UPS_PER_HOUR/);
});

test("the command says in one line what is wrong, and ends with 1", () => {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const run = (...args: string[]) => {
    const start = ["--conditions=@solent/source", "apps/chat/load/start.mjs", ...args];
    const { status, stderr } = spawnSync(process.execPath, start, { cwd: root, encoding: "utf8" });
    return { status, stderr };
  };
  expect(run("--people", "1")).toEqual({
    status: 1,
    stderr: "--people is 1: it is a whole number from 2 to 5000.\n",
  });
  expect(run("--url", "http://127.0.0.1:9")).toEqual({
    status: 1,
    stderr: "The chat at http://127.0.0.1:9 does not answer.\n",
  });
});
