import { readFileSync } from "node:fs";
import { closeCodes, reconnectAfter as serverAdvice } from "@solent/core/errors";
import { expect, test } from "vitest";
import { reconnectAfter } from "./close-code.ts";

const docs = new URL("../../../../docs/reference/", import.meta.url);
const adviceText = { yes: "comes back", after: "comes back after a longer pause", no: "stays away" } as const;

/** The page that is derived from the table; `vitest run -u` on this file writes it. */
function closeCodesPage(): string {
  const rows = Object.entries(closeCodes).map(
    ([name, { code, reason, reconnect }]) =>
      `| ${code} | \`${name}\` | ${reason === "" ? "" : `\`${reason}\``} | ${reconnect} | ${adviceText[reconnect]} |`,
  );
  return [
    "# Close codes",
    "",
    "<!-- Derived from packages/core/src/errors/close-codes.ts by packages/client/src/socket/close-code.test.ts: run that file with -u. -->",
    "",
    "Every close code that Solent sends or sees, the fixed reason beside it, and what a client does next. What each one means and",
    "why is in [the wire protocol](protocol.md#closing). In code: `closeCodes` and `reconnectAfter` of `@solent/core/errors`.",
    "",
    "| code | name | reason | come back | the client |",
    "|---|---|---|---|---|",
    ...rows,
    "",
    "A code that is not in the table: the client comes back, unless the code is from 4400 to 4499; then it stays away.",
    "1005 and 1006 never cross the wire: they stand for a close frame without a code, and for no close frame at all.",
    "",
  ].join("\n");
}

test("the client gives the same advice as the server's table for every code there can be", () => {
  const codes = Array.from({ length: 5_001 }, (_, code) => code);
  expect(codes.filter((code) => reconnectAfter(code) !== serverAdvice(code))).toEqual([]);
});

test("the page of close codes is the table", async () => {
  await expect(closeCodesPage()).toMatchFileSnapshot(new URL("close-codes.md", docs).pathname);
});

test("the protocol page tells of every close code what the table says", () => {
  const page = readFileSync(new URL("protocol.md", docs), "utf8");
  const told = [...page.matchAll(/^\| (\d{4}) \| .* \| (stops|comes back after a longer pause|comes back)/gm)].map(
    ([, code, what]) => [Number(code), what === "stops" ? "no" : what === "comes back" ? "yes" : "after"],
  );
  expect(told).toEqual(Object.values(closeCodes).map(({ code, reconnect }) => [code, reconnect]));
});
