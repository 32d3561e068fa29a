import { defaultLimits } from "@solent/core";
import { clusterDefaults, layerDefaults } from "@solent/core/layer";
import { describe, expect, test } from "vitest";
import { resolveOptions } from "../../packages/client/src/options.ts";
import { splitOptions } from "../../packages/redis-layer/src/redis-layer-options.ts";
import { read, tableRows } from "./markdown.ts";

const page = "docs/reference/limits.md";

/** A table as option -> default, both as text. */
function defaults(heading: RegExp): Record<string, string> {
  const rows = tableRows(page, heading).filter(([option = ""]) => option.startsWith("`"));
  return Object.fromEntries(rows.map(([option = "", value = ""]) => [option.replaceAll("`", ""), plain(value)]));
}

const plain = (value: string) => (/^[\d_]+$/.test(value) ? value.replaceAll("_", "") : value);
const texts = (values: object) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));

describe("docs/reference/limits.md", () => {
  test("has the limits of a connection and their defaults", () => {
    expect(defaults(/^Connections$/)).toEqual(texts(defaultLimits));
  });

  test("has the options of a layer and their defaults", () => {
    expect(defaults(/^Channel layers$/)).toEqual({ ...texts(layerDefaults), channelCapacity: "none" });
  });

  test("has the options between nodes and their defaults", () => {
    expect(defaults(/^Between nodes$/)).toEqual(texts(clusterDefaults));
  });

  test("has the numbers of the layer over Redis and their defaults", () => {
    const numbers = Object.entries(splitOptions({}).redis).filter(([, value]) => typeof value === "number");
    const rows = Object.entries(defaults(/^Redis$/));
    expect(Object.fromEntries(rows)).toEqual(texts(Object.fromEntries(numbers)));
  });

  test.each(tableRows(page, /^Redis$/).filter(([, , where]) => where?.includes(" in `")))(
    "has the value of the bound on %s",
    (_bound, value = "", where = "") => {
      const [, name = "", file = ""] = /^`(\w+)` in `([\w/.-]+)`$/.exec(where) ?? [];
      expect(constant(file, name, "packages/redis-layer/src")).toBe(plain(value));
    },
  );

  test("has the numbers of the client and their defaults", () => {
    const { reconnect, ...options } = resolveOptions({ WebSocket: class {} as never });
    const numbers = (values: object, prefix = "") =>
      Object.entries(values).flatMap(([key, value]) => (typeof value === "number" ? [[prefix + key, value]] : []));
    const all = Object.fromEntries([...numbers(options), ...numbers(reconnect, "reconnect.")]);
    expect(defaults(/^Client$/)).toEqual(texts(all));
  });

  test.each([
    ["`maxHeaderBytes`", "server/serve.ts", "maxHeaderBytes"],
    ["`port`", "server/serve.ts", "port"],
    ["`maxBodyBytes`", "server/publish-endpoint.ts", "maxBodyBytes"],
    ["`bodyTimeoutMs`", "server/publish-endpoint.ts", "bodyTimeoutMs"],
    ["`maxRequests`", "server/publish-endpoint.ts", "maxRequests"],
    ["`maxErrorsPerMinute`", "server/publish-endpoint.ts", "maxErrorsPerMinute"],
    ["`rateLimit({ perMs })`", "middleware/rate-limit.ts", "perMs"],
    ["`signedSession({ maxAgeMs })`", "middleware/session-cookie.ts", "maxAgeMs"],
    ["`nextFrame({ timeoutMs })`, `closed`, `next`", "testing/communicator.ts", "defaultTimeoutMs"],
  ])("has the default of %s as %s has it", (option, file, name) => {
    const row = tableRows(page).find(([first]) => first === option) ?? [];
    expect(constant(file, name)).toBe(plain(row[1] ?? ""));
  });

  test.each(tableRows(page, /^Fixed$/).filter(([, , where]) => where?.includes(" in `")))(
    "has the value of the bound on %s",
    (_bound, value = "", where = "") => {
      const [, name = "", file = ""] = /^`(\w+)` in `([\w/.-]+)`$/.exec(where) ?? [];
      expect(constant(file, name)).toBe(plain(value));
    },
  );
});

/** The number that a name gets in a source file, of core unless it says otherwise. */
function constant(file: string, name: string, source = "packages/core/src"): string | undefined {
  const found = new RegExp(`\\b${name} = ([\\d_]+)\\b`).exec(read(`${source}/${file}`));
  return found?.[1]?.replaceAll("_", "");
}
