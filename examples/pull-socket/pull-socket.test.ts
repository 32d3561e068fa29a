import { expect, test } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";

const open = inBrowser("pull-socket");

test("what comes while the server works waits, and is counted and read afterwards", async () => {
  const [ann] = await open("");
  await ann.submit({ Message: asHtml }, "Send it five times");
  await ann.sees(
    `wait() gave ${asHtml} 1`,
    "hasMessages() is true, countMessages() is 4",
    `read() gave ${asHtml} 2, 3 left`,
    `read() gave ${asHtml} 3, 2 left`,
    `read() gave ${asHtml} 4, 1 left`,
    `read() gave ${asHtml} 5, 0 left`,
  );
  await ann.submit({ Message: "one more" }, "Send");
  await expect.poll(() => ann.lines()).toContain("hasMessages() is false, countMessages() is 0");
});

test("the page comes from the socket's own path too, and its socket works there", async () => {
  const [ann] = await open("echo");
  expect(new URL(ann.page.url()).pathname).toBe("/pull-socket/echo");
  expect(await ann.page.title()).toBe("Messages when they are wanted");
  await ann.submit({ Message: "hello" }, "Send");
  await ann.sees("wait() gave hello", "hasMessages() is false, countMessages() is 0");
});

test("a function that returns closes its connection", async () => {
  const [ann] = await open("");
  await ann.submit({ Message: "bye" }, "Send");
  await ann.is("closed (1000)");
});
