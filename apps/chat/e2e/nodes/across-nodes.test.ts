import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cookieOf, password } from "../running-chat.ts";
import { eventually, setStage } from "../stage.ts";
import type { RunningNodes } from "./running-nodes.ts";

const stage = setStage();

let nodes: RunningNodes;

beforeAll(async () => {
  nodes = await stage.startNodes();
}, 60_000);

afterAll(() => nodes[Symbol.asyncDispose]());

describe("two browsers on different nodes", { timeout: 120_000 }, () => {
  test("talk as if there were one: rooms, direct messages, typing, unread, read marks, who is here, announcements", async () => {
    await using ann = await stage.signIn(nodes, "Ann");
    await using bea = await stage.signIn(nodes, "Bea");
    await bea.isApartFrom(ann);

    const here = ann.page.getByRole("complementary", { name: "Who is here" });
    await here.getByText("Bea").waitFor();
    await ann.say("Hello from here");
    await bea.message("Hello from here").waitFor();
    await bea.say("Hello from there");
    await ann.message("Hello from there").waitFor();
    // It is not told with every key.
    await eventually(async () => {
      await bea.box.pressSequentially("so ");
      return ann.page.getByText("Bea is typing").isVisible();
    }).toBe(true);
    await bea.box.fill("");

    await ann.createRoom("plans", { isPrivate: true });
    await ann.say("we leave at two");
    await ann.invite("Bea");
    await bea.page.getByRole("button", { name: "Accept the invitation to plans" }).click();
    await bea.link("plans").click();
    await bea.isIn("Room plans");
    await bea.message("we leave at two").waitFor();

    await ann.writeTo("Bea");
    await ann.page.getByRole("main").getByText("here now").waitFor();
    await ann.say("between us");
    await ann.note("Delivered").waitFor();
    await bea.link("Ann 1 unread").click();
    await bea.message("between us").waitFor();
    await ann.note("Read").waitFor();

    await using admin = await stage.signIn(nodes, "admin");
    await admin.announce("tea at four");
    for (const person of [ann, bea]) await person.announcement("tea at four").waitFor();

    await ann.link("lobby").click();
    await ann.isIn("Room lobby");
    await bea.page.close();
    await here.getByText("Bea").waitFor({ state: "detached" });
    await ann.page.reload();
    await eventually(() => ann.texts()).toEqual(["Hello from here", "Hello from there"]);
  });

  test("are signed out together, whichever node is told", async () => {
    await using ann = await stage.signIn(nodes, "Dee");
    await using other = await stage.signIn(nodes, "Dee");
    const cookie = await cookieOf({ url: nodes.urlOf("node-3") }, "Dee");
    await fetch(`${nodes.urlOf("node-3")}/api/sessions`, { method: "DELETE", headers: { cookie } });
    for (const page of [ann.page, other.page]) await page.getByText("You were signed out.").waitFor();
  });

  test("share the count of wrong passwords", async () => {
    await cookieOf(nodes, "Dee");
    const guess = async (url: string, wrong: string): Promise<number> => {
      const body = JSON.stringify({ name: "Dee", password: wrong });
      const headers = { "content-type": "application/json" };
      return (await fetch(`${url}/api/session`, { method: "POST", headers, body })).status;
    };
    // Through the proxy, each to the next node.
    for (let count = 0; count < 10; count++) expect(await guess(nodes.url, "a wrong one")).toBe(401);
    for (let count = 0; count < 3; count++) expect(await guess(nodes.url, password)).toBe(429);
  });
});
