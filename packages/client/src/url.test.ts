import { afterEach, expect, test, vi } from "vitest";
import { socketUrl } from "./url.ts";

afterEach(() => vi.unstubAllGlobals());

test.each([
  ["ws://chat.example/rooms/red", "ws://chat.example/rooms/red"],
  ["http://chat.example:8000/rooms/red?a=1", "ws://chat.example:8000/rooms/red?a=1"],
  ["https://chat.example/", "wss://chat.example/"],
  ["wss://chat.example/x#part", "wss://chat.example/x"],
])("%s becomes %s", (url, expected) => {
  expect(socketUrl(url)).toBe(expected);
  expect(socketUrl(new URL(url))).toBe(expected);
});

test.each([
  ["https://chat.example/app/page?q#part", "/rooms/red", "wss://chat.example/rooms/red"],
  ["http://localhost:8000/app/page", "rooms/red", "ws://localhost:8000/app/rooms/red"],
])("on the page %s the address %s is %s", (href, url, expected) => {
  vi.stubGlobal("location", { href });
  expect(socketUrl(url)).toBe(expected);
});

test("a relative address outside a page is refused with a sentence that says what to write", () => {
  expect(() => socketUrl("/rooms/red")).toThrow(
    'The address "/rooms/red" is not usable: outside a page it begins with ws:// or wss://.',
  );
});

test.each(["ftp://chat.example", "javascript:alert(1)", "httpx://chat.example"])("%s is refused", (url) => {
  expect(() => socketUrl(url)).toThrow("it begins with ws, wss, http or https");
});

test("what is no URL is refused", () => {
  vi.stubGlobal("location", { href: "http://localhost/" });
  expect(() => socketUrl("http://[")).toThrow("it is no URL");
});
