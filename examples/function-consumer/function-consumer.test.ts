import { expect, test } from "vitest";
import { asHtml, inBrowser, type Visitor } from "../browser.ts";

const open = inBrowser("function-consumer");

/** What the page shows of the handshake. */
async function handshakeOf({ page }: Visitor): Promise<Record<string, string>> {
  await page.getByRole("rowheader", { name: "sec-websocket-key" }).waitFor();
  const rows = await page.locator("#handshake tr").all();
  return Object.fromEntries(
    await Promise.all(
      rows.map(async (row) => [await row.locator("th").innerText(), await row.locator("td").innerText()]),
    ),
  );
}

test("the page shows the handshake as the server saw it", async () => {
  const [ann] = await open("?name=ann");
  const { host } = new URL(ann.page.url());
  expect(await handshakeOf(ann)).toMatchObject({
    ...{ method: "GET", path: "/function-consumer/echo", query: "name=ann", scheme: "ws", "HTTP version": "1.1" },
    ...{ host, origin: `http://${host}`, upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" },
    "sec-websocket-key": expect.stringMatching(/^[\w+/]{22}==$/),
    "user-agent": await ann.page.evaluate<string>("navigator.userAgent"),
    cookie: "visitor=ann",
    "the cookie visitor": "ann",
    client: expect.stringMatching(/127\.0\.0\.1|::1/),
  });
});

test("what is said comes back in order, and each connection is a run of its own", async () => {
  const [ann, bob] = await open("", "");
  for (const text of ["one", asHtml, "three"]) await ann.submit({ Message: text }, "Send");
  await bob.submit({ Message: "mine" }, "Send");
  await ann.sees("one", asHtml, "three");
  await bob.sees("mine");
});

test("a function that returns closes its connection with 1000, and no other", async () => {
  const [ann, bob] = await open("", "");
  await ann.submit({ Message: "bye" }, "Send");
  await ann.is("closed (1000)");
  await bob.submit({ Message: "still here" }, "Send");
  await bob.sees("still here");
});
