import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { FakeWebSocket } from "../test/fake-web-socket.ts";
import { resolveOptions } from "./options.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const WebSocket = FakeWebSocket;

test("an option that is undefined means its default", () => {
  const options = { WebSocket, maxQueuedMessages: undefined, reconnect: { minDelayMs: undefined } };
  const resolved = resolveOptions(options as unknown as { WebSocket: typeof WebSocket });
  expect(resolved.maxQueuedMessages).toBe(100);
  expect(resolved.reconnect.minDelayMs).toBe(500);
});

test.each([
  [{ maxQueuedMessages: -1 }, "The option maxQueuedMessages is -1: it is a number of at least 0."],
  [{ connectTimeoutMs: Number.NaN }, "The option connectTimeoutMs is NaN: it is a number of at least 0."],
  [{ reconnect: { maxAttempts: 0 } }, "The option maxAttempts is 0: it is a number of at least 1."],
])("%j is refused by name", (options, message) => {
  expect(() => resolveOptions({ WebSocket, ...options })).toThrow(message);
});

test("without a WebSocket anywhere it says where to get one", () => {
  vi.stubGlobal("WebSocket", undefined);
  expect(() => resolveOptions({})).toThrow("pass the one of the ws package as the option WebSocket");
});

test("the platform's WebSocket is used where none is given", () => {
  vi.stubGlobal("WebSocket", FakeWebSocket);
  expect(resolveOptions({}).WebSocket).toBe(FakeWebSocket);
});

test("errors go to the page's reportError, else to the console", () => {
  const error = new Error("thrown by a handler");
  vi.stubGlobal("reportError", undefined);
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  resolveOptions({ WebSocket }).onError(error);
  expect(log).toHaveBeenCalledExactlyOnceWith(error);
  const reportError = vi.fn();
  vi.stubGlobal("reportError", reportError);
  resolveOptions({ WebSocket }).onError(error);
  expect(reportError).toHaveBeenCalledExactlyOnceWith(error);
});

test("the README's table of options has every default as it is", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const told = [...readme.matchAll(/^\| `(?:reconnect\.)?(\w+)` \| (\d+|Infinity) \|/gm)].map(([, name, value]) => [
    name,
    Number(value),
  ]);
  const { reconnect, ...options } = resolveOptions({ WebSocket });
  const numbers = Object.entries({ ...options, ...reconnect }).filter(([, value]) => typeof value === "number");
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(numbers));
});
