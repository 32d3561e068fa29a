import type { Page } from "playwright-core";

/** What was seen of how the text moves on the screen, frame by frame, since the watch began. */
interface SeenText {
  /** How far it has moved down, in pixels; less than nothing when it has moved up. */
  readonly moved: number;
  /** How far it has moved up, and down, at most, from where it had been. */
  readonly mostUp: number;
  readonly mostDown: number;
  /** Whether, from one frame to the next, not one line stayed in sight. */
  readonly isLost: boolean;
  /** For how long it has stood still, in milliseconds. */
  readonly stillMs: number;
  /** The days that came into sight, in that order. */
  readonly days: readonly string[];
  /** How far the list can scroll up, and down, before more is loaded, in pixels. */
  readonly leftAbove: number;
  readonly leftBelow: number;
  /** How high the list is, in pixels. */
  readonly height: number;
}

/** What was seen of the page's work since the watch began. */
interface SeenWork {
  /** The most elements that the page had. */
  readonly mostElements: number;
  /** The longest that it did not answer, in milliseconds. */
  readonly longestTaskMs: number;
  /** The time from one frame to the next, in milliseconds: half of them were shorter. */
  readonly middleFrameMs: number;
}

export type Seen = SeenText & SeenWork;

/** Watches a list of messages: how the text itself moves, whatever the list does with its scroll offset. */
export class ScrollWatch {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Begins a watch; one that is running ends. */
  static async begin(page: Page): Promise<ScrollWatch> {
    await page.evaluate(watchText);
    await page.evaluate(watchWork);
    return new ScrollWatch(page);
  }

  async seen(): Promise<Seen> {
    return this.#page.evaluate(() => {
      const { seenText, seenWork } = globalThis as WatchedPage;
      return { ...seenText(), ...seenWork() };
    });
  }

  /** Waits until nothing moves any more. */
  async stands(): Promise<void> {
    await this.#page.waitForFunction(() => (globalThis as WatchedPage).seenText().stillMs > 250);
  }

  /**
   * Once all stands still, turns the wheel, a step at a time, until what was asked for is seen.
   *
   * @throws {Error} when the text does not move by what the wheel turned, neither more nor less, be it during a step or
   * between two.
   */
  async wheel(step: number, isDone: (seen: Seen) => boolean): Promise<Seen> {
    await this.stands();
    await this.#page.getByRole("region", { name: "Messages in" }).hover();
    return this.#scroll(isDone, async (moved) => {
      await this.#page.waitForFunction(hasRoom, step);
      await this.#page.mouse.wheel(0, step);
      // Positions come in whole pixels, rounded.
      return { least: moved - step - 4, most: moved - step + 4 };
    });
  }

  /** Presses the PageUp key, until what was asked for is seen. The list has the focus. */
  async pageUp(isDone: (seen: Seen) => boolean): Promise<Seen> {
    return this.#scroll(isDone, async () => {
      await this.stands();
      const { height, moved } = await this.seen();
      await this.#page.waitForFunction(hasRoom, -height);
      await this.#page.keyboard.press("PageUp");
      // A page at most: the browser glides there, and ends it early where lines arrive meanwhile.
      return { least: moved + 1, most: moved + height };
    });
  }

  // `turn` begins to scroll, and answers how far it goes.
  async #scroll(isDone: (seen: Seen) => boolean, turn: (moved: number) => Promise<Range>): Promise<Seen> {
    for (let seen = await this.seen(); ;) {
      const range = await turn(seen.moved);
      await this.#page.waitForFunction(hasMoved, range).catch(async (error: unknown) => {
        const { moved } = await this.seen();
        throw new Error(`The text should have moved ${range.least} to ${range.most} px, and has ${moved} px.`, {
          cause: error,
        });
      });
      seen = await this.seen();
      if (isDone(seen)) return seen;
    }
  }
}

interface Range {
  readonly least: number;
  readonly most: number;
}

type WatchedPage = typeof globalThis & { seenText: () => SeenText; seenWork: () => SeenWork };

// These run in the page.

// At an end of what is loaded nothing scrolls until more is there.
function hasRoom(step: number): boolean {
  const { leftAbove, leftBelow } = (globalThis as WatchedPage).seenText();
  return step < 0 ? leftAbove > -step : leftBelow > step;
}

function hasMoved({ least, most }: Range): boolean {
  const { moved } = (globalThis as WatchedPage).seenText();
  return moved >= least && moved <= most;
}

function watchText(): void {
  const box = document.querySelector('[role="region"][aria-label^="Messages in"]');
  if (box === null) throw new Error("There is no list of messages.");
  let before = new Map<string, number>();
  let [moved, highest, lowest, mostUp, mostDown] = [0, 0, 0, 0, 0];
  let [lastLook, lastMove] = [0, performance.now()];
  let isLost = false;
  const days: string[] = [];

  const follow = (tops: Map<string, number>): void => {
    const steps = [...tops].flatMap(([text, top]) => top - (before.get(text) ?? Number.NaN)).filter(Number.isFinite);
    if (before.size > 0 && steps.length === 0) isLost = true;
    // The middle one, should a line have been inserted between them.
    const step = steps.toSorted((one, other) => one - other)[Math.floor(steps.length / 2)] ?? 0;
    if (step !== 0) lastMove = performance.now();
    before = tops;
    moved += step;
    highest = Math.max(highest, moved);
    lowest = Math.min(lowest, moved);
    mostUp = Math.max(mostUp, highest - moved);
    mostDown = Math.max(mostDown, moved - lowest);
  };
  const take = (entries: readonly IntersectionObserverEntry[]): void => {
    // Those of two frames may come together, the later one first.
    const at = entries[0]?.time ?? 0;
    if (at < lastLook) return;
    lastLook = at;
    const inSight = entries.filter(({ isIntersecting }) => isIntersecting);
    const bubbles = inSight.filter(({ target }) => target.matches(".bubble"));
    follow(new Map(bubbles.map(({ target, boundingClientRect: { top } }) => [target.textContent, top])));
    const seenDays = inSight.filter(({ target }) => target.matches(".day")).map(({ target }) => target.textContent);
    for (const day of seenDays) if (days.at(-1) !== day) days.push(day);
  };
  const look = (): void => {
    // What an intersection observer is told is what is painted: after all that the page still moves in this frame.
    const observer = new IntersectionObserver((entries) => (observer.disconnect(), take(entries)), { root: box });
    for (const element of box.querySelectorAll(".bubble, .day")) observer.observe(element);
    if (watched.seenText === seenText) requestAnimationFrame(look);
  };
  const watched = globalThis as WatchedPage;
  const seenText = (): SeenText => {
    const { scrollTop: leftAbove, scrollHeight, clientHeight: height } = box;
    const leftBelow = scrollHeight - height - leftAbove;
    const stillMs = performance.now() - lastMove;
    return { moved, mostUp, mostDown, isLost, stillMs, days, leftAbove, leftBelow, height };
  };
  watched.seenText = seenText;
  look();
}

function watchWork(): void {
  let [mostElements, longestTaskMs, lastFrame] = [0, 0, 0];
  const frameMs: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTaskMs = Math.max(longestTaskMs, duration);
  });
  const count = (at: number): void => {
    if (lastFrame > 0) frameMs.push(at - lastFrame);
    lastFrame = at;
    mostElements = Math.max(mostElements, document.getElementsByTagName("*").length);
    if (watched.seenWork === seenWork) requestAnimationFrame(count);
    else observer.disconnect();
  };
  const watched = globalThis as WatchedPage;
  const seenWork = (): SeenWork => {
    const middleFrameMs = frameMs.toSorted((one, other) => one - other)[Math.floor(frameMs.length / 2)] ?? 0;
    return { mostElements, longestTaskMs, middleFrameMs };
  };
  watched.seenWork = seenWork;
  requestAnimationFrame(count);
  observer.observe({ type: "longtask" });
}
