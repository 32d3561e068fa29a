import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";
import { layer } from "./server.ts";

const open = inBrowser("observer-list");

test("everybody who connects is on the list, and hears what one says", async () => {
  const people = await open("", "", "");
  await expect.poll(() => layer.stats().memberships).toBe(3);
  await people[0].submit({ Message: asHtml }, "Send");
  for (const person of people) await person.sees(asHtml);
});

test.each([
  ["leaves", (page) => page.getByRole("button", { name: "Leave" }).click()],
  ["closes the window", (page) => page.close()],
  ["goes to another page", (page) => page.goto("about:blank")],
] satisfies [string, (page: Page) => Promise<unknown>][])("who %s is off the list", async (_how, leave) => {
  const [ann, bob, eve] = await open("", "", "");
  await leave(eve.page);
  await expect.poll(() => layer.stats().memberships).toBe(2);
  await ann.submit({ Message: "hello" }, "Send");
  await bob.sees("hello");
});
