import { expect, test } from "vitest";
import { inBrowser } from "../browser.ts";

const open = inBrowser("background-work");

test("a result reaches the page that asked, and no other", async () => {
  const [ann, bob] = await open("", "");
  await ann.submit({ "Primes below": "1000000" }, "Count them");
  await ann.sees("counting below 1000000", "78498 primes below 1000000");
  await bob.submit({ "Primes below": "10" }, "Count them");
  await bob.sees("counting below 10", "4 primes below 10");
  await ann.sees("counting below 1000000", "78498 primes below 1000000");
});

test("a number the contract refuses starts no job, and the page goes on", async () => {
  const [ann] = await open("");
  for (const below of ["1", "3000000", "3"]) await ann.submit({ "Primes below": below }, "Count them");
  const refused = "CONTRACT_MISMATCH data.below";
  await ann.sees(refused, refused, "counting below 3", "1 primes below 3");
});

test("who asks for more than the channel holds is told, and gets every result that was promised", async () => {
  const [ann] = await open("");
  await ann.page.evaluate("for (let i = 0; i < 40; i += 1) document.querySelector('#ask').requestSubmit()");
  const count = async (what: string) => (await ann.lines()).filter((line) => line.includes(what)).length;
  await expect.poll(async () => (await count("counting")) + (await count("too many"))).toBe(40);
  const promised = await count("counting");
  expect(promised).toBeLessThan(40);
  await expect.poll(() => count("78498 primes"), { timeout: 10_000 }).toBe(promised);
});

test("a page that leaves before its result costs nobody theirs", async () => {
  const [ann, bob] = await open("", "");
  await ann.submit({ "Primes below": "2000000" }, "Count them");
  await ann.page.close();
  await bob.submit({ "Primes below": "100" }, "Count them");
  await bob.sees("counting below 100", "25 primes below 100");
});
