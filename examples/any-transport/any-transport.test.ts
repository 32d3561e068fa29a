import type { BrowserContext } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";
import { layer } from "./server.ts";

let prepare: (context: BrowserContext) => Promise<unknown>;
const open = inBrowser("any-transport", { prepare: (context) => prepare(context) });

const everything = () => Promise.resolve();
const withoutWebSocket = (context: BrowserContext) => context.addInitScript("delete globalThis.WebSocket");
const withPollsAlone = async (context: BrowserContext) => {
  await withoutWebSocket(context);
  // Held back for ever, as by a proxy that waits for the end.
  await context.route(/~solent=sse/, () => {});
};

beforeEach(() => {
  prepare = everything;
});

test("two consumers share one WebSocket, each with events of its own", async () => {
  prepare = (context) =>
    context.addInitScript(`
      globalThis.opened = [];
      globalThis.WebSocket = class extends WebSocket {
        constructor(...given) {
          super(...given);
          opened.push(new URL(given[0]).pathname);
        }
      };`);
  const [ann, bob] = await open("", "");
  await ann.is("connected: websocket");
  await ann.submit({ "Your name": "Ann", Message: asHtml }, "Say");
  await bob.sees(`Ann: ${asHtml}`);
  await bob.submit({ Headline: "We close at ten." }, "Tell everybody");
  for (const visitor of [ann, bob]) await visitor.sees(`Ann: ${asHtml}`, "News: We close at ten.");
  expect(await ann.page.evaluate("opened")).toEqual(["/any-transport/~solent"]);
});

test("a page changes its way when another is taken from it, and comes up again", async () => {
  const [ann, bob] = await open("", "");
  for (const [blocked, way] of [
    ["websocket", "sse"],
    ["websocket sse", "poll"],
    ["", "websocket"],
  ] as const) {
    await ann.page.getByLabel("What gets through").selectOption(blocked);
    await ann.is(`connected: ${way}`);
    await bob.submit({ Message: `by ${way}?` }, "Say");
    await expect.poll(async () => (await ann.lines()).at(-1)).toBe(`guest: by ${way}?`);
  }
  // What was before has left its groups: two people, each in two.
  await expect.poll(() => layer.stats().memberships).toBe(4);
});

test("without WebSocket, without event streams and with everything, people talk to each other, and what does not fit is refused", async () => {
  const [ann] = await open("");
  prepare = withoutWebSocket;
  const [bob] = await open("");
  prepare = withPollsAlone;
  const [eve] = await open("");
  await ann.is("connected: websocket");
  await bob.is("connected: sse");
  await eve.is("connected: poll");
  const people = [ann, bob, eve];
  const heard: string[] = [];
  for (const [index, person] of people.entries()) {
    await person.submit({ Message: `number ${index}` }, "Say");
    heard.push(`guest: number ${index}`);
    for (const listener of people) await listener.sees(...heard);
  }
  await eve.submit({ Headline: "all of us" }, "Tell everybody");
  for (const listener of people) await listener.sees(...heard, "News: all of us");
  for (const person of people) {
    await person.submit({ Message: "  " }, "Say");
    await person.sees(...heard, "News: all of us", "CONTRACT_MISMATCH data.text");
  }
});
