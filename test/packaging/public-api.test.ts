import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../gates/run-gate.ts";
import { exportedNames } from "./exported-names.ts";

/** Entry -> its source file. */
const entries = {
  "@solent/core": "packages/core/src/index.ts",
  "@solent/core/contract": "packages/core/src/contract/index.ts",
  "@solent/core/errors": "packages/core/src/errors/index.ts",
  "@solent/core/layer": "packages/core/src/hub/index.ts",
  "@solent/core/node": "packages/core/src/server/index.ts",
  "@solent/core/testing": "packages/core/src/testing/index.ts",
  "@solent/client": "packages/client/src/index.ts",
  "@solent/client/http": "packages/client/src/http/index.ts",
  "@solent/client/sharing": "packages/client/src/sharing/index.ts",
  "@solent/redis-layer": "packages/redis-layer/src/index.ts",
};

const names = exportedNames(Object.values(entries).map((file) => join(root, file)));

describe("the public names", () => {
  test("are the ones in public-api.txt (after a wanted change: npx vitest run test/packaging/public-api -u)", async () => {
    const listing = Object.entries(entries).map(([entry, file]) => {
      const lines = (names.get(join(root, file)) ?? []).map((name) => `  ${name}\n`);
      return `${entry}\n${lines.join("")}`;
    });
    await expect(listing.join("\n")).toMatchFileSnapshot("public-api.txt");
  });

  // What a newcomer meets in code. Types come with them: a library that builds on Solent must be able to name each.
  test("of @solent/core that are no types are at most 40", () => {
    const values = (names.get(join(root, entries["@solent/core"])) ?? []).filter((name) => !name.startsWith("type "));
    expect(values.length).toBeGreaterThan(0);
    expect(values.length).toBeLessThanOrEqual(40);
  });

  test("are counted whether they are values, types, renamed or passed on", () => {
    const fixture = join(root, "test/gates/fixtures/exported-names/index.ts");
    expect(exportedNames([fixture]).get(fixture)).toEqual([
      "class Renamed",
      "const limit",
      "function open",
      "type Options",
      "type Shape",
    ]);
  });

  test("must be declared somewhere", () => {
    const fixture = join(root, "test/gates/fixtures/exported-names/broken.ts");
    expect(() => exportedNames([fixture])).toThrow('"missing" is exported but nothing declares it');
  });
});
