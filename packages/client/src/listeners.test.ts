import { expect, test, vi } from "vitest";
import { Listeners } from "./listeners.ts";

test("a listener that another one removed before its turn is not called any more", () => {
  const listeners = new Listeners<[string]>();
  const second = vi.fn();
  listeners.add(() => removeSecond());
  const removeSecond = listeners.add(second);
  listeners.call(() => undefined, "now");
  expect(second).not.toHaveBeenCalled();
  expect(listeners.size).toBe(1);
});

test("a listener that adds itself again does not run for ever", () => {
  const listeners = new Listeners<[]>();
  let count = 0;
  const again = (): void => {
    count++;
    listeners.add(again);
  };
  listeners.add(again);
  listeners.call(() => undefined);
  expect(count).toBe(1);
});
