import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../database/database.ts";
import { openTestDatabase } from "../database/test-database.ts";
import { chatLog } from "../log.ts";
import type { Change } from "./presence-rows.ts";
import { Presence } from "./presence.ts";

let database: Database;
let told: string[];
let failures: number;

beforeEach(async () => {
  database = await openTestDatabase();
  told = [];
  failures = 0;
});

afterEach(() => database.destroy());

function node(name: string, leaseMs?: number): Presence {
  const tell = ({ place, person, isHere }: Change): Promise<void> => {
    if (failures-- > 0) return Promise.reject(new Error("Redis is away"));
    told.push(`${person} ${isHere ? "came to" : "left"} ${place}`);
    return Promise.resolve();
  };
  return new Presence(database, { node: name, tell, log: chatLog("silent"), ...(leaseMs && { leaseMs }) });
}

const ann = (connection: string, place = "red") => ({ place, person: "Ann", connection });
const names = (place: string) => node("asker").names(place);
const isEmpty = async () => (await database.selectFrom("presenceConnections").selectAll().execute()).length === 0;

describe("Presence", () => {
  test("counts tabs of one person, on whichever nodes, as one who comes once and leaves once", async () => {
    const [one, two] = [node("one"), node("two")];
    await one.enter(ann("tab1"));
    await two.enter(ann("tab2"));
    expect(await names("red")).toEqual(["Ann"]);
    await one.leave("tab1");
    expect(told).toEqual(["Ann came to red"]);
    await two.leave("tab2");
    expect(told).toEqual(["Ann came to red", "Ann left red"]);
    expect(await names("red")).toEqual([]);
    expect(await isEmpty()).toBe(true);
  });

  test("keeps places apart", async () => {
    const one = node("one");
    await one.enter(ann("tab1"));
    await one.enter(ann("tab2", "blue"));
    await one.leave("tab2");
    expect(await names("red")).toEqual(["Ann"]);
    expect(await names("blue")).toEqual([]);
  });

  test("takes a connection that leaves twice, or never came, for nothing", async () => {
    const one = node("one");
    await one.enter(ann("tab1"));
    await one.leave("tab9");
    await one.leave("tab1");
    await one.leave("tab1");
    expect(told).toEqual(["Ann came to red", "Ann left red"]);
  });

  test("notes a crowd that comes at the same moment and goes again, each once", async () => {
    const [one, two] = [node("one"), node("two")];
    const visits = Array.from({ length: 900 }, (_, at) => ({
      place: "red",
      person: `p${at % 450}`,
      connection: `c${at}`,
    }));
    await Promise.all(visits.map((visit, at) => (at % 2 === 0 ? one : two).enter(visit)));
    expect(await names("red")).toHaveLength(450);
    expect(told).toHaveLength(450);
    await Promise.all(visits.map(({ connection }, at) => (at % 2 === 0 ? one : two).leave(connection)));
    expect(await names("red")).toEqual([]);
    expect(told).toHaveLength(900);
    expect(new Set(told).size).toBe(900);
  });

  test("takes its rows away when it stops, and says so", async () => {
    const one = node("one");
    await one.start();
    await one.enter(ann("tab1"));
    await one.stop();
    expect(told).toEqual(["Ann came to red", "Ann left red"]);
    expect(await isEmpty()).toBe(true);
    expect(await database.selectFrom("presenceNodes").selectAll().execute()).toEqual([]);
  });

  test("tells later what could not be told, as it is by then", async () => {
    const one = node("one", 200);
    await one.start();
    failures = 2;
    await one.enter(ann("tab1"));
    await one.enter({ place: "red", person: "Ben", connection: "tab2" });
    expect(told).toEqual([]);
    await one.leave("tab2");
    told.length = 0;
    await expect.poll(() => told).toEqual(["Ann came to red", "Ben left red"]);
    await one.stop();
  });
});
