import { describe, expect, test } from "vitest";
import { line, lines } from "./fake-link.ts";
import { type HistoryWindow, maxWindowLines, withArrived, withoutExcess, withPage } from "./history-window.ts";

const part = (from: number, to: number, more: Partial<HistoryWindow> = {}): HistoryWindow => ({
  lines: lines(from, to),
  hasOlder: true,
  hasNewer: false,
  ...more,
});
const ids = ({ lines: all }: HistoryWindow): number[] => all.map(({ id }) => id);

describe("withArrived", () => {
  test("adds each line once, in order, however often and in whatever order it arrives", () => {
    const window = withArrived(part(1, 2), [line(4), line(3), line(4), line(2)]);
    expect(ids(window)).toEqual([1, 2, 3, 4]);
    expect(withArrived(window, [line(3)])).toBe(window);
  });

  test("keeps the higher revision of a line, so that a late message does not undo an edit", () => {
    const edited = line(2, { revision: 9, state: "edited", text: "better" });
    const window = withArrived(part(1, 3), [edited]);
    expect(withArrived(window, [line(2)])).toBe(window);
    expect(window.lines[1]).toBe(edited);
  });

  test("leaves out what stands beyond a gap", () => {
    const window = part(10, 12, { hasNewer: true });
    expect(ids(withArrived(window, [line(9), line(13)]))).toEqual([10, 11, 12]);
    expect(ids(withArrived(part(10, 12), [line(13)]))).toEqual([10, 11, 12, 13]);
  });
});

describe("withPage", () => {
  test("widens the window at one end and says whether there is more", () => {
    const older = withPage(part(10, 12), { lines: lines(7, 9), hasOlder: false, hasNewer: true }, "older");
    expect(ids(older)).toEqual([7, 8, 9, 10, 11, 12]);
    expect(older).toMatchObject({ hasOlder: false, hasNewer: false });
  });
});

describe("withoutExcess", () => {
  test("lets go of the far end, which can be loaded again", () => {
    const full = part(1, maxWindowLines + 5, { hasOlder: false });
    expect(withoutExcess(full, "older")).toMatchObject({ hasOlder: true, hasNewer: false });
    expect(ids(withoutExcess(full, "older"))[0]).toBe(6);
    expect(withoutExcess(full, "newer")).toMatchObject({ hasOlder: false, hasNewer: true });
    expect(ids(withoutExcess(full, "newer")).at(-1)).toBe(maxWindowLines);
    expect(withoutExcess(part(1, 5), "older")).toEqual(part(1, 5));
  });
});
