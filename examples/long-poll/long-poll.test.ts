import { expect, test } from "vitest";
import { asHtml, inBrowser, type Visitor } from "../browser.ts";
import { layer } from "./server.ts";

const open = inBrowser("long-poll");

const letters = ({ page }: Visitor) => expect.poll(() => page.locator("#letters li").allTextContents());
const requests = ({ page }: Visitor) => expect.poll(() => page.locator("#requests").textContent());

test("two people talk by long polls written by hand, each message one more request for who reads it", async () => {
  const [ann, bob] = await open("?me=ann", "?me=bob");
  await requests(bob).toBe("2");
  await ann.submit({ Message: "hello" }, "Send");
  await bob.sees("ann: hello");
  await requests(bob).toBe("3");
  await bob.submit({ "Your name": "<b>Bob</b>", Message: asHtml }, "Send");
  await ann.sees("ann: hello", `<b>Bob</b>: ${asHtml}`);
  // One opened, one said something, three waited, of which two are answered.
  await requests(ann).toBe("5");
});

test("what is sent in a hurry arrives once and in order, and what does not fit is refused", async () => {
  const [ann, bob] = await open("?me=ann", "?me=bob");
  const lines = ["one", "two", "three"];
  for (const text of [...lines, "x".repeat(501)]) await ann.submit({ Message: text }, "Send");
  const heard = lines.map((text) => `ann: ${text}`);
  await bob.sees(...heard);
  await ann.sees(...heard, "CONTRACT_MISMATCH data.text");
});

test("who leaves the page has left the room at once", async () => {
  const [ann, bob] = await open("?me=ann", "?me=bob");
  await bob.page.goto("about:blank");
  // Of Ann's polls, one is for her letters.
  await expect.poll(() => layer.stats().memberships).toBe(2);
  await ann.submit({}, "Leave");
  await ann.is("closed");
});

test("a letter comes to its user at once, on every page, and later to a page that was not there", async () => {
  const [ann, again, bob] = await open("?me=ann", "?me=ann", "?me=bob");
  await bob.submit({ To: "ann", Letter: asHtml }, "Put into the queue");
  await letters(bob).toEqual([`to ann: ${asHtml}`]);
  for (const page of [ann, again]) await letters(page).toEqual([`bob: ${asHtml}`]);
  const [late] = await open("?me=ann");
  await letters(late).toEqual([`bob: ${asHtml}`]);
});

test("a letter that does not fit is refused, and so is a name that is none", async () => {
  const [ann] = await open("?me=ann2");
  await ann.submit({ To: "ann2", Letter: " " }, "Put into the queue");
  await expect.poll(() => ann.page.locator("#letters li.error").textContent()).toContain("Too small");
  await ann.submit({ To: "no.body", Letter: "hello" }, "Put into the queue");
  await expect.poll(() => ann.page.locator("#letters li.error").last().textContent()).toContain("nobody's name");
});
