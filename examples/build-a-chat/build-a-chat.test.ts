import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { consoleCode, type StartedStep, startStep, type Step } from "./steps.ts";

const WAIT_MS = 10_000;
const asHtml = `<img src=x onerror="document.title='broken'"><b>bold</b>`;

let browser: Browser;
const thrown: Error[] = [];

// Several windows at a time, on a machine that may have much else to do.
vi.setConfig({ testTimeout: 3 * WAIT_MS });
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM_PATH"] ?? "", args: ["--no-sandbox"] });
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  expect(thrown.splice(0)).toEqual([]);
});
afterAll(() => browser?.close());

/** Opens an address in a browser profile of its own. */
async function open(url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.on("pageerror", (error) => thrown.push(error));
  await page.goto(url);
  return page;
}

/** A browser's console, with what a step tells to paste into it, and what it printed. */
async function openConsole({ url }: StartedStep, step: Step): Promise<{ page: Page; printed: string[] }> {
  const page = await open(url);
  const printed: string[] = [];
  await page.addScriptTag({ content: consoleCode(step) });
  page.on("console", (message) => message.type() === "log" && printed.push(message.text()));
  await page.waitForFunction("socket.readyState === WebSocket.OPEN");
  return { page, printed };
}

const lines = (page: Page) => page.locator("ul li").allTextContents();

async function sees(page: Page, ...expected: readonly string[]): Promise<void> {
  await expect.poll(() => lines(page), { timeout: WAIT_MS }).toEqual(expected);
  expect(await page.locator("ul li *").count(), "elements in the lines").toBe(0);
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

const isOpen = (page: Page) => page.getByRole("status").getByText("open").waitFor({ timeout: WAIT_MS });

/** Signs in with a name, and waits until the room is open. */
async function signIn(url: string, name: string): Promise<Page> {
  const page = await open(url);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
  await isOpen(page);
  return page;
}

test("step 1 echoes, and counts for each window on its own", async () => {
  await using step = await startStep("1-echo");
  const [one, two] = [await openConsole(step, "1-echo"), await openConsole(step, "1-echo")];
  await one.page.evaluate(`socket.send("hello"); socket.send("again")`);
  await two.page.evaluate(`socket.send("hi")`);
  await expect.poll(() => one.printed).toEqual(["1: hello", "2: again"]);
  await expect.poll(() => two.printed).toEqual(["1: hi"]);
});

test("step 2 tells a room what one says, and says what is wrong with a frame", async () => {
  await using step = await startStep("2-room");
  const [ann, ben] = [await openConsole(step, "2-room"), await openConsole(step, "2-room")];
  await ann.page.evaluate(`say("Ann", "")`);
  await ann.page.evaluate(`say("Ann", "hello")`);
  const hello = `{"type":"said","data":{"from":"Ann","text":"hello"}}`;
  await expect.poll(() => ben.printed).toEqual([hello]);
  await expect
    .poll(() => ann.printed)
    .toEqual([`{"error":{"code":"CONTRACT_MISMATCH","path":["data","text"]}}`, hello]);
});

test("step 3 has a page for every room, which shows markup as text", async () => {
  await using step = await startStep("3-page");
  const [ann, ben] = [await open(step.url), await open(`${step.url}/rooms/red`)];
  const eve = await open(`${step.url}/rooms/blue`);
  await Promise.all([ann, ben, eve].map(isOpen));
  await ann.getByLabel("Name").fill("Ann");
  await say(ann, asHtml);
  await sees(ben, `Ann: ${asHtml}`);
  await eve.getByLabel("Name").fill("Eve");
  await say(eve, "in blue");
  await sees(eve, "Eve: in blue");
  await sees(ben, `Ann: ${asHtml}`);
  expect((await fetch(`${step.url}/rooms/no.such.name`)).status).toBe(404);
});

test("step 4 knows who speaks, until they sign out", async () => {
  await using step = await startStep("4-session");
  const [ann, ben] = [await signIn(step.url, "Ann"), await signIn(step.url, "<b>Ben</b>")];
  await say(ben, "hello");
  await sees(ann, "<b>Ben</b>: hello");
  await ann.getByRole("button", { name: "Sign out" }).click();
  await ann.getByRole("button", { name: "Sign in" }).waitFor();
});

test("step 4 lets pages sign in again when their session is gone, here with the secret of the process", async () => {
  const step = await startStep("4-session");
  const ann = await signIn(step.url, "Ann");
  await step[Symbol.asyncDispose]();
  await using again = await startStep("4-session", Number(new URL(step.url).port));
  await ann.getByRole("button", { name: "Sign in" }).waitFor({ timeout: WAIT_MS });
  expect(ann.url()).toBe(`${again.url}/rooms/red`);
});

test("step 4 signs in no visitor of another site, and reads no long form", async () => {
  await using step = await startStep("4-session");
  const signingIn = async (headers: Record<string, string>, body = "name=Ann"): Promise<number> =>
    (await fetch(`${step.url}/sign-in`, { method: "POST", headers, body, redirect: "manual" })).status;
  expect(await signingIn({})).toBe(303);
  expect(await signingIn({ "sec-fetch-site": "cross-site" })).toBe(403);
  expect(await signingIn({}, `name=${"x".repeat(2_000)}`)).toBe(413);
  expect(await signingIn({}, "name=+")).toBe(400);
});

test("step 5 shows who is here, who comes and who leaves", async () => {
  await using step = await startStep("5-people");
  const here = (page: Page) => page.locator("aside").textContent();
  const ann = await signIn(step.url, "Ann");
  await expect.poll(() => here(ann)).toBe("Here: Ann");
  const ben = await signIn(step.url, "Ben");
  await expect.poll(() => here(ben)).toBe("Here: Ann, Ben");
  await say(ben, "hello");
  await ben.close();
  await sees(ann, "Ben has come", "Ben: hello", "Ben has left");
  expect(await here(ann)).toBe("Here: Ann");
});
