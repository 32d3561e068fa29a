import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../database/database.ts";

const leaseMs = 1_500;

let folder: string;
let file: string;
let database: Database;
let nodes: ChildProcess[];
/** What every node has told, in the order in which it was heard. */
let told: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "chat-"));
  file = join(folder, "chat.sqlite");
  database = await openDatabase(file);
  nodes = [];
  told = [];
});

afterEach(async () => {
  for (const node of nodes) {
    if (node.exitCode !== null || node.signalCode !== null) continue;
    node.kill("SIGKILL");
    await once(node, "exit");
  }
  await database.destroy();
  await rm(folder, { recursive: true });
});

async function startNode(name: string): Promise<ChildProcess> {
  const program = fileURLToPath(new URL("presence-process.ts", import.meta.url));
  const node = fork(program, [file, name, `${leaseMs}`], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    execArgv: ["--conditions=@solent/source", "--import", "tsx"],
  });
  nodes.push(node);
  node.on("message", (message: { told?: string }) => message.told !== undefined && told.push(message.told));
  await done(node);
  return node;
}

function startNodes(...names: string[]): Promise<ChildProcess[]> {
  return Promise.all(names.map(startNode));
}

function done(node: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const hear = (message: { done?: boolean }): void => {
      if (message.done !== true) return;
      node.off("message", hear);
      resolve();
    };
    node.on("message", hear);
  });
}

async function order(node: ChildProcess | undefined, what: Readonly<Record<string, string>>): Promise<void> {
  if (node === undefined) throw new Error("there is no such node");
  const answer = done(node);
  node.send(what);
  await answer;
}

async function here(): Promise<string[]> {
  const rows = await database.selectFrom("presencePeople").select("person").orderBy("person").execute();
  return rows.map(({ person }) => person);
}

/** Stops a node while the test itself holds the file's lock: a node that stood still with it would stop all the others. */
async function pause(node: ChildProcess | undefined): Promise<void> {
  const stat = `/proc/${node?.pid}/stat`;
  await database.transaction().execute(async (transaction) => {
    await transaction.insertInto("settings").values({ name: "paused", value: "" }).execute();
    node?.kill("SIGSTOP");
    if (existsSync(stat)) await expect.poll(() => readFile(stat, "utf8"), soon).toMatch(/\) T /);
  });
}

const soon = { timeout: leaseMs * 4, interval: 20 };

describe("presence on several processes and one file", { timeout: 30_000 }, () => {
  test("loses the people of a node that is killed, within its lease, and tells it once", async () => {
    const [one, two, three] = await startNodes("one", "two", "three");
    for (const person of ["Ann", "Ben", "Cem"]) await order(one, { order: "enter", person, connection: `1${person}` });
    await order(two, { order: "enter", person: "Cem", connection: "2Cem" });
    await order(three, { order: "enter", person: "Dee", connection: "3Dee" });
    told.length = 0;
    const killedAt = performance.now();
    one?.kill("SIGKILL");
    await expect.poll(here, soon).toEqual(["Cem", "Dee"]);
    expect(performance.now() - killedAt).toBeLessThan(leaseMs * 1.25 + 1_000);
    await expect.poll(() => told.toSorted(), soon).toEqual(["-Ann", "-Ben"]);
    // Both others have looked again by the time each has noted somebody anew and lived for another lease.
    const looked = async () => {
      const rows = await database.selectFrom("presenceNodes").select(["name", "aliveUntil"]).execute();
      return Math.min(...rows.filter(({ name }) => name !== "one").map(({ aliveUntil }) => aliveUntil));
    };
    const before = await looked();
    await expect.poll(looked, soon).toBeGreaterThan(before + leaseMs / 2);
    expect(told.toSorted()).toEqual(["-Ann", "-Ben"]);
  });

  test("takes the people of a node that stops away at once", async () => {
    const [one] = await startNodes("one", "two");
    await order(one, { order: "enter", person: "Ann", connection: "1Ann" });
    await order(one, { order: "stop" });
    expect(await here()).toEqual([]);
    expect(told).toEqual(["+Ann", "-Ann"]);
  });

  test("notes the people of a node again that was paused for longer than its lease", async () => {
    const [one] = await startNodes("one", "two");
    await order(one, { order: "enter", person: "Ann", connection: "1Ann" });
    await pause(one);
    await expect.poll(here, soon).toEqual([]);
    one?.kill("SIGCONT");
    await expect.poll(here, soon).toEqual(["Ann"]);
    await expect.poll(() => told, soon).toEqual(["+Ann", "-Ann", "+Ann"]);
    await order(one, { order: "leave", connection: "1Ann" });
    expect(await here()).toEqual([]);
    expect(await database.selectFrom("presenceConnections").selectAll().execute()).toEqual([]);
  });

  test("agrees on who is here when many come and go on all of them at once", async () => {
    const all = await startNodes("one", "two", "three");
    const people = Array.from({ length: 30 }, (_, at) => `p${at}`);
    const everywhere = (what: string) =>
      Promise.all(
        all.map(async (node, at) => {
          for (const person of people) await order(node, { order: what, person, connection: `${at}${person}` });
        }),
      );
    await everywhere("enter");
    expect(await here()).toHaveLength(people.length);
    await everywhere("leave");
    expect(await here()).toEqual([]);
    const came = people.map((person) => `+${person}`);
    const left = people.map((person) => `-${person}`);
    expect(told.toSorted()).toEqual([...came, ...left].toSorted());
  });
});
