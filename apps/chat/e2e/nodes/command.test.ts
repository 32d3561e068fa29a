import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../command-run.ts";
import { cookieOf, password } from "../running-chat.ts";
import { RawSocket } from "../raw-socket.ts";

async function environment(): Promise<Readonly<Record<string, string>>> {
  const folder = await mkdtemp(join(tmpdir(), "solent-chat-command-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return { PORT: "0", CHAT_ADMIN_PASSWORD: password, CHAT_DATABASE: join(folder, "chat.sqlite") };
}

/** The lines of the log, as far as they are well known. */
function logged(said: string): { readonly msg: string; readonly node?: string; readonly pid: number }[] {
  const lines = said.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as ReturnType<typeof logged>[number]);
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("the chat's command with several nodes", { timeout: 120_000 }, () => {
  test("serves them on one port with a Redis of its own, replaces one that is killed, and stops them all", async () => {
    const chat = run(await environment(), "--nodes", "3");
    const [, url = ""] = await chat.says(/The chat is on (http:\/\/localhost:\d+)/);
    // What it says and what it logs come on two streams.
    await chat.says(/("the chat has started"[^]*){3}/);
    const started = logged(chat.said()).filter(({ msg }) => msg === "the chat has started");
    expect(started.map(({ node = "" }) => node).toSorted()).toEqual(["node-1", "node-2", "node-3"]);

    // Connections go round, past nodes that are busy: a few in a row see every node, and each the same people.
    const cookie = await cookieOf({ url }, "Ann");
    const names = new Set<unknown>();
    for (let count = 0; count < 30 && names.size < 3; count++) {
      const socket = await RawSocket.open({ url }, "/site", cookie);
      onTestFinished(() => socket[Symbol.asyncDispose]());
      const { data } = await socket.next("welcome");
      expect(data?.["people"]).toEqual(["Ann"]);
      names.add(data?.["node"]);
    }
    expect(names.size).toBe(3);

    const victim = started.find(({ node }) => node === "node-2")?.pid ?? 0;
    process.kill(victim, "SIGKILL");
    await chat.says(/"node":"node-2","why":"SIGKILL","pauseMs":250,"msg":"a node has died, and is started again"/);
    await chat.says(/"node":"node-2"[^\n]+"the chat has started"[^]*"node":"node-2"[^\n]+"the chat has started"/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);

    const pids = new Set(logged(chat.said()).map(({ pid }) => pid));
    chat.child.kill("SIGTERM");
    expect(await chat.ended).toEqual({ code: 0, signal: null });
    expect(logged(chat.said()).filter(({ msg }) => msg === "the chat has stopped")).toHaveLength(4);
    for (const pid of pids) expect(isRunning(pid), `${pid}`).toBe(false);
    const [, redis = ""] = /"url":"redis:\/\/127\.0\.0\.1:(\d+)"/.exec(chat.said()) ?? [];
    const probe = createServer().listen(Number(redis), "127.0.0.1");
    await once(probe, "listening");
    probe.close();
  });

  test("says in one line that a port is in use", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, resolve));
    onTestFinished(() => new Promise<void>((resolve) => void taken.close(() => resolve())));
    const { port } = taken.address() as AddressInfo;
    const chat = run({ ...(await environment()), PORT: String(port), CHAT_LOG_LEVEL: "silent" }, "--nodes", "2");
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(chat.said()).toBe(
      `Port ${port} is in use: stop what uses it, or choose another, for example PORT=${port + 1}.\n`,
    );
  });

  test("says in one line that Redis cannot be reached, without its password", async () => {
    const redis = "redis://:a-secret-password@127.0.0.1:1";
    const chat = run({ ...(await environment()), CHAT_REDIS: redis, CHAT_LOG_LEVEL: "silent" });
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(chat.said()).toMatch(/^The Redis of CHAT_REDIS cannot be used: .*ECONNREFUSED.*\n$/);
    expect(chat.said()).not.toContain("secret");
  });

  test("says in one line that it takes no such argument", async () => {
    const chat = run(await environment(), "--node", "3");
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(chat.said()).toMatch(/^[^\n]*'--node'[^\n]*\n$/);
  });
});
