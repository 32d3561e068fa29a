import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { Config } from "../server/config.ts";
import { openBrowser, Person } from "./people.ts";
import { RunningNodes } from "./nodes/running-nodes.ts";
import { buildPage, type BuiltPage, type RunningChat, startChat } from "./running-chat.ts";

/** What the tests of a file share: the page, built once, and a browser, if they need one. */
export interface Stage {
  /** Starts a chat of its own for one test. */
  startChat(given?: Partial<Config>): Promise<RunningChat>;
  /** Starts three nodes behind a proxy for one test. */
  startNodes(given?: { readonly database?: string }): Promise<RunningNodes>;
  /** Somebody who opens the page in a browser of their own, signs in, and is in the lobby. */
  signIn(chat: { readonly url: string }, name: string, options?: BrowserContextOptions): Promise<Person>;
  /** Somebody who opens the page, not signed in. */
  visit(chat: { readonly url: string }, options?: BrowserContextOptions): Promise<Person>;
}

/** Sets the stage for the tests of a file, and clears it after them. */
export function setStage(): Stage {
  let page: BuiltPage;
  let browser: Promise<Browser> | undefined;
  const opened = (): Promise<Browser> => (browser ??= openBrowser());
  beforeAll(async () => {
    page = await buildPage();
  }, 60_000);
  afterAll(async () => {
    await (await browser)?.close();
    await page[Symbol.asyncDispose]();
  });
  return {
    startChat: (given) => startChat(page, given),
    startNodes: (given) => RunningNodes.start(page, given),
    signIn: async ({ url }, name, options) => Person.signIn(await opened(), url, { ...options, name }),
    visit: async ({ url }, options) => Person.visit(await opened(), url, options),
  };
}

/** Expects something of what is looked at again and again, until it is so: pages take their time. */
export function eventually<Value>(look: () => Promise<Value>) {
  return expect.poll(look, { timeout: 8_000 });
}
