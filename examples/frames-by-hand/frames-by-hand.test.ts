import { expect, test } from "vitest";
import { asHtml, inBrowser, type Visitor } from "../browser.ts";

const open = inBrowser("frames-by-hand", { readyState: "ready" });

interface ShownFrame {
  readonly from: string | null;
  /** Of each field, in hexadecimal. */
  readonly bytes: string[];
  readonly says: string[];
}

/** Presses the button, and waits until the frames are there. */
async function talk({ page }: Visitor, what: string, text?: string): Promise<ShownFrame[]> {
  await page.getByLabel("What is sent").selectOption(what);
  if (text !== undefined) await page.getByLabel("Text", { exact: true }).fill(text);
  const answered = page.waitForResponse(/\/talk$/);
  await page.getByRole("button", { name: "Send" }).click();
  await answered;
  await page.getByRole("status").getByText("ready").waitFor();
  const frames = await page.locator(".frames li").all();
  return Promise.all(
    frames.map(async (frame) => ({
      from: await frame.getAttribute("class"),
      bytes: await frame.locator("dt code").allTextContents(),
      says: await frame.locator("dd").allTextContents(),
    })),
  );
}

/** Who sent each, and its first byte. */
const heads = (frames: readonly ShownFrame[]) => frames.map(({ from, bytes }) => `${from} ${bytes[0]}`);

test("a text is masked on its way up and not on its way down, and the handshake proves itself", async () => {
  const [ann] = await open("");
  const frames = await talk(ann, "text", asHtml);
  const [up, down] = frames;
  expect(heads(frames)).toEqual(["client 81", "server 81", "client 88", "server 88"]);
  expect(up?.says[0]).toBe("1: the last fragment; 0001: text");
  // 66 bytes, with the bit of the mask and without.
  expect([up?.bytes[1], down?.bytes[1]]).toEqual(["c2", "42"]);
  const plain = Buffer.from(asHtml)
    .subarray(0, 24)
    .toString("hex")
    .replaceAll(/..(?=.)/g, "$& ");
  expect(down?.bytes[2]).toBe(`${plain} …`);
  const [key = [], masked = []] =
    up?.bytes.slice(2).map((hex) => hex.split(" ").map((byte) => parseInt(byte, 16))) ?? [];
  const unmasked = masked.slice(0, 24).map((byte, index) => byte ^ (key[index % 4] ?? 0));
  expect(Buffer.from(unmasked).toString()).toBe(asHtml.slice(0, 24));
  expect(await ann.page.locator(".request").textContent()).toMatch(/^Sec-WebSocket-Key: [\w+/]{22}==$/m);
  expect(await ann.page.locator(".answer").textContent()).toMatch(/^HTTP\/1.1 101 /);
  await ann.page.getByText("That is its Sec-WebSocket-Accept.").waitFor();
});

test("a length takes 7 bits, 16 or 64, both ways", async () => {
  const [ann] = await open("");
  const lengths: string[] = [];
  for (const size of ["5", "125", "126", "65535", "65536"]) {
    for (const { from, bytes } of (await talk(ann, size)).slice(0, 2)) {
      const isExtended = ["fe", "ff", "7e", "7f"].includes(bytes[1] ?? "");
      lengths.push(`${from} ${bytes.slice(1, isExtended ? 3 : 2).join(" | ")}`);
    }
  }
  expect(lengths).toEqual([
    ...["client 85", "server 05", "client fd", "server 7d"],
    ...["client fe | 00 7e", "server 7e | 00 7e", "client fe | ff ff", "server 7e | ff ff"],
    ...["client ff | 00 00 00 00 00 01 00 00", "server 7f | 00 00 00 00 00 01 00 00"],
  ]);
});

test("three fragments come back as one text, though a cut goes through a character, and a ping between them is answered first", async () => {
  const [ann] = await open("");
  const frames = await talk(ann, "ping", "ééé€");
  expect(heads(frames)).toEqual([
    ...["client 01", "client 89", "client 00", "client 80"],
    ...["server 8a", "server 81", "client 88", "server 88"],
  ]);
  expect(frames[4]?.says.at(-1)).toBe("“there?”");
  expect(frames[5]?.says.at(-1)).toBe("“ééé€”");
  expect(await talk(ann, "fragments")).toHaveLength(6);
});

test("what cannot be sent is refused with the reason, and the page goes on", async () => {
  const [ann] = await open("");
  await talk(ann, "text", "");
  await ann.page.getByText("Too small").waitFor();
  expect(await talk(ann, "5")).toHaveLength(4);
});
