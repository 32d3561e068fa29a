import { describe, expect, test } from "vitest";

import { SolentError } from "../errors/solent-error.ts";
import { type ChannelLayerOptions, resolveClusterOptions, resolveLayerOptions } from "./layer-options.ts";

function refused(resolve: () => unknown): unknown {
  try {
    resolve();
  } catch (error) {
    if (SolentError.is(error, "CONFIG_INVALID")) return error.details["option"];
    throw error;
  }
  return undefined;
}

describe("options of a layer", () => {
  test.each([
    ["capacity", 0],
    ["capacity", "100"],
    ["maxMessageBytes", 1.5],
    ["maxQueuedMessages", -1],
    ["maxPlainChannels", Number.NaN],
    ["maxGroupsPerChannel", Infinity],
    ["expiryMs", 0],
    ["groupExpiryMs", Infinity],
    ["overflow", "drop"],
    ["now", 7],
    ["onFault", null],
    ["capcity", 100],
  ])("are refused by name: %s of %s", (option, value) => {
    expect(refused(() => resolveLayerOptions({ [option]: value }))).toBe(option);
  });

  test.each([
    ["lingerMs", -1],
    ["joinTimeoutMs", 0],
    ["callTimeoutMs", Infinity],
    ["verifyIntervalMs", "1"],
    ["linger", 1],
  ])("with other nodes are refused by name: %s of %s", (option, value) => {
    expect(refused(() => resolveClusterOptions({ [option]: value }))).toBe(option);
  });

  test("have defaults, also for those given as undefined", () => {
    const options = resolveLayerOptions({ expiryMs: undefined } as unknown as ChannelLayerOptions);
    expect(options).toMatchObject({ expiryMs: 60_000, groupExpiryMs: 86_400_000, overflow: "disconnect" });
    expect(options.capacities.of("any")).toBe(100);
    expect(resolveClusterOptions({ lingerMs: undefined })).toMatchObject({ lingerMs: 1000, joinTimeoutMs: 10_000 });
  });
});
