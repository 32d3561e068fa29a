import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeWebSocket } from "../../test/fake-web-socket.ts";
import { Connection, type ConnectionEnd, type ConnectionSettings, type StateInfo } from "./connection.ts";

const settings: ConnectionSettings = {
  url: "ws://chat.example/rooms/red",
  WebSocket: FakeWebSocket,
  token: undefined,
  minDelayMs: 500,
  maxDelayMs: 20_000,
  longDelayMs: 5_000,
  stableAfterMs: 5_000,
  connectTimeoutMs: 10_000,
  query: undefined,
  maxFirstAttempts: 10,
  maxAttempts: Infinity,
  random: () => 0,
};

class Log {
  readonly states: [state: string, info: StateInfo][] = [];
  readonly texts: string[] = [];
  readonly ends: ConnectionEnd[] = [];
  readonly errors: unknown[] = [];
  readonly received = (text: string): void => void this.texts.push(text);
  readonly changed = (state: string, info: StateInfo): void => void this.states.push([state, info]);
  readonly ended = (end: ConnectionEnd): void => void this.ends.push(end);
  readonly failed = (error: unknown): void => void this.errors.push(error);
}

function start(more: Partial<ConnectionSettings> = {}): { connection: Connection; log: Log } {
  const log = new Log();
  const connection = new Connection({ ...settings, ...more }, log);
  connection.start();
  return { connection, log };
}

function openOnce(more: Partial<ConnectionSettings> = {}): { connection: Connection; log: Log } {
  const started = start(more);
  FakeWebSocket.last.open();
  return started;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeWebSocket.opened = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("coming back", () => {
  test("waits at least half a second, then opens a new socket", () => {
    const { connection, log } = openOnce();
    FakeWebSocket.last.end(1006);
    expect(log.states.at(-1)).toEqual(["waiting", { code: 1006, reason: "", retryInMs: 500 }]);
    vi.advanceTimersByTime(499);
    expect(FakeWebSocket.opened).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(FakeWebSocket.opened).toHaveLength(2);
    expect(connection.state).toBe("connecting");
  });

  test("pauses grow while connections die at once, and begin small again after one that lasted", () => {
    const { log } = openOnce({ random: () => 1 });
    const pause = (): number | undefined => log.states.at(-1)?.[1].retryInMs;
    FakeWebSocket.last.end(1006);
    expect(pause()).toBe(1_000);
    vi.advanceTimersByTime(1_000);
    FakeWebSocket.last.open();
    vi.advanceTimersByTime(4_999);
    FakeWebSocket.last.end(1006);
    expect(pause()).toBe(2_000);
    vi.advanceTimersByTime(2_000);
    FakeWebSocket.last.open();
    vi.advanceTimersByTime(5_000);
    FakeWebSocket.last.end(1006);
    expect(pause()).toBe(1_000);
  });

  test.each([1000, 1008, 4400, 4403, 4409, 4477])("stays away for good after %i", (code) => {
    const { connection, log } = openOnce();
    FakeWebSocket.last.end(code, "why");
    expect(connection.state).toBe("closed");
    expect(log.ends).toEqual([{ code, reason: "why", cause: "server" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([1013, 4429, 4500])("pauses at least five seconds after %i", (code) => {
    const { log } = openOnce();
    FakeWebSocket.last.end(code);
    expect(log.states.at(-1)?.[1].retryInMs).toBe(5_000);
  });

  test("gives up after ten attempts when it was never open", () => {
    const { connection, log } = start();
    for (let attempt = 1; attempt < 10; attempt++) {
      FakeWebSocket.last.end(1006);
      vi.runOnlyPendingTimers();
    }
    expect(FakeWebSocket.opened).toHaveLength(10);
    FakeWebSocket.last.end(1006);
    expect(connection.state).toBe("closed");
    expect(log.ends).toEqual([{ code: 1006, reason: "", cause: "unreachable" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("keeps trying once it was open, unless maxAttempts says otherwise", () => {
    const { connection } = openOnce();
    const bounded = new Log();
    FakeWebSocket.last.end(1006);
    for (let attempt = 0; attempt < 50; attempt++) {
      vi.runOnlyPendingTimers();
      FakeWebSocket.last.end(1006);
    }
    expect(connection.state).toBe("waiting");
    connection.close(1000, "");

    const second = new Connection({ ...settings, maxAttempts: 2 }, bounded);
    second.start();
    FakeWebSocket.last.open();
    FakeWebSocket.last.end(1006);
    for (let attempt = 0; attempt < 2; attempt++) {
      vi.runOnlyPendingTimers();
      FakeWebSocket.last.end(1006);
    }
    expect(bounded.ends).toEqual([{ code: 1006, reason: "", cause: "unreachable" }]);
  });

  test("counts failures in a row only: every opening starts anew", () => {
    const { connection } = openOnce({ maxAttempts: 2 });
    for (let round = 0; round < 3; round++) {
      FakeWebSocket.last.end(1006);
      vi.runOnlyPendingTimers();
      FakeWebSocket.last.end(1006);
      vi.runOnlyPendingTimers();
      FakeWebSocket.last.open();
    }
    expect(connection.state).toBe("open");
  });

  test("gives up an attempt that does not open in time, and hears nothing of its socket any more", () => {
    const { log } = start();
    const hanging = FakeWebSocket.last;
    vi.advanceTimersByTime(10_000);
    expect(hanging.closedWith).toEqual([]);
    expect(log.states.at(-1)).toEqual(["waiting", { code: 1006, reason: "connect timeout", retryInMs: 500 }]);
    hanging.open();
    hanging.receive("late");
    hanging.end(4403);
    expect(log.texts).toEqual([]);
    expect(log.states.at(-1)?.[0]).toBe("waiting");
  });

  test("retry() ends the pause, also a long one, and does nothing in other states", () => {
    const { connection } = openOnce();
    connection.retry();
    expect(FakeWebSocket.opened).toHaveLength(1);
    FakeWebSocket.last.end(1013);
    connection.retry();
    expect(FakeWebSocket.opened).toHaveLength(2);
    connection.retry();
    expect(FakeWebSocket.opened).toHaveLength(2);
    vi.advanceTimersByTime(9_999);
    expect(FakeWebSocket.opened).toHaveLength(2);
  });
});

describe("close()", () => {
  test("passes code and reason on, and is over when the socket is gone", () => {
    const { connection, log } = openOnce();
    connection.close(4001, "bye");
    expect(FakeWebSocket.last.closedWith).toEqual([4001, "bye"]);
    expect(connection.state).toBe("closed");
    expect(log.ends).toEqual([]);
    FakeWebSocket.last.end(4001, "bye");
    expect(log.ends).toEqual([{ code: 4001, reason: "bye", cause: "client" }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("does not wait longer than two seconds for a peer that does not answer", () => {
    const { connection, log } = openOnce();
    connection.close(1000, "");
    vi.advanceTimersByTime(2_000);
    expect(log.ends).toEqual([{ code: 1000, reason: "", cause: "client" }]);
    FakeWebSocket.last.end(1006);
    expect(log.ends).toHaveLength(1);
  });

  test("works while connecting and while waiting, once", () => {
    const connecting = start();
    connecting.connection.close(1000, "");
    connecting.connection.close(1000, "");
    FakeWebSocket.last.end(1006);
    expect(connecting.log.ends).toHaveLength(1);

    const waiting = openOnce();
    FakeWebSocket.last.end(1006);
    waiting.connection.close(1000, "");
    expect(waiting.log.ends).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("lets nothing through afterwards", () => {
    const { connection, log } = openOnce();
    connection.close(1000, "");
    FakeWebSocket.last.receive("late");
    expect(log.texts).toEqual([]);
    expect(connection.canSend).toBe(false);
  });
});

describe("the token", () => {
  test("is offered beside solent.v1 and fetched before every attempt", async () => {
    let count = 0;
    start({ token: () => Promise.resolve(`t${++count}`) });
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeWebSocket.last.protocols).toEqual(["solent.v1", "solent.token.t1"]);
    FakeWebSocket.last.end(1006);
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeWebSocket.last.protocols).toEqual(["solent.v1", "solent.token.t2"]);
  });

  test("may be a text, or absent", () => {
    start({ token: "abc" });
    expect(FakeWebSocket.last.protocols).toEqual(["solent.v1", "solent.token.abc"]);
    start();
    expect(FakeWebSocket.last.protocols).toEqual(["solent.v1"]);
  });

  test("that cannot be fetched is reported, counts as a failed attempt and is fetched again", async () => {
    const refused = new Error("no token");
    const { log } = start({ token: () => Promise.reject(refused), maxFirstAttempts: 2 });
    await vi.advanceTimersByTimeAsync(0);
    expect(log.states.at(-1)?.[0]).toBe("waiting");
    await vi.advanceTimersByTimeAsync(500);
    expect(log.errors).toEqual([refused, refused]);
    expect(log.ends).toEqual([{ code: 1006, reason: "", cause: "unreachable" }]);
  });

  test("that comes after close() or after the timeout opens no socket", async () => {
    const pending: ((token: string) => void)[] = [];
    const { connection } = start({ token: () => new Promise((resolve) => pending.push(resolve)) });
    await vi.advanceTimersByTimeAsync(10_500);
    expect(pending).toHaveLength(2);
    pending[0]?.("late");
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeWebSocket.opened).toHaveLength(0);
    connection.close(1000, "");
    pending[1]?.("later");
    await vi.advanceTimersByTimeAsync(0);
    expect(FakeWebSocket.opened).toHaveLength(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that is no subprotocol is reported", () => {
    const strict = class extends FakeWebSocket {
      constructor(url: string, protocols: string[]) {
        if (protocols.some((protocol) => protocol.includes(" "))) throw new SyntaxError("not a token");
        super(url, protocols);
      }
    };
    const { log } = start({ WebSocket: strict, token: "a b" });
    expect(log.errors).toEqual([new SyntaxError("not a token")]);
    expect(log.states.at(-1)?.[0]).toBe("waiting");
  });
});

describe("in a browser", () => {
  class Page extends EventTarget {
    visibilityState = "visible";
  }
  let window: EventTarget;
  let page: Page;
  let navigator: { onLine: boolean };

  beforeEach(() => {
    window = new EventTarget();
    page = new Page();
    navigator = { onLine: true };
    vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
    vi.stubGlobal("document", page);
    vi.stubGlobal("navigator", navigator);
  });

  function setOnline(isOnline: boolean): void {
    navigator.onLine = isOnline;
    window.dispatchEvent(new Event(isOnline ? "online" : "offline"));
  }

  function show(visibilityState: "visible" | "hidden"): void {
    page.visibilityState = visibilityState;
    page.dispatchEvent(new Event("visibilitychange"));
  }

  test("lets go of the socket when the network goes, and connects the moment it is back", () => {
    const { log } = openOnce();
    const socket = FakeWebSocket.last;
    setOnline(false);
    expect(socket.closedWith).toEqual([]);
    expect(log.states.at(-1)).toEqual(["waiting", { code: 1006, reason: "offline", retryInMs: 20_000 }]);
    setOnline(true);
    expect(FakeWebSocket.opened).toHaveLength(2);
  });

  test("begins with small pauses again when the network is back", () => {
    const { log } = openOnce({ random: () => 1 });
    for (let attempt = 0; attempt < 6; attempt++) {
      FakeWebSocket.last.end(1006);
      vi.runOnlyPendingTimers();
    }
    FakeWebSocket.last.end(1006);
    expect(log.states.at(-1)?.[1].retryInMs).toBe(20_000);
    setOnline(true);
    FakeWebSocket.last.end(1006);
    expect(log.states.at(-1)?.[1].retryInMs).toBe(1_000);
  });

  test("tries rarely while offline and does not count those attempts", () => {
    const { connection } = start({ maxFirstAttempts: 2 });
    setOnline(false);
    for (let round = 0; round < 20; round++) {
      vi.advanceTimersByTime(20_000);
      FakeWebSocket.last.end(1006);
    }
    expect(FakeWebSocket.opened).toHaveLength(21);
    expect(connection.state).toBe("waiting");
  });

  test("connects the moment the page is looked at", () => {
    openOnce();
    show("hidden");
    FakeWebSocket.last.end(1006);
    show("hidden");
    expect(FakeWebSocket.opened).toHaveLength(1);
    show("visible");
    expect(FakeWebSocket.opened).toHaveLength(2);
  });

  test("neither shortens a pause that the server asked for", () => {
    openOnce();
    FakeWebSocket.last.end(1013);
    show("visible");
    setOnline(true);
    expect(FakeWebSocket.opened).toHaveLength(1);
    vi.advanceTimersByTime(5_000);
    expect(FakeWebSocket.opened).toHaveLength(2);
  });

  test("hears of nothing any more once it has ended, and leaves no listener behind", () => {
    const signals: (AbortSignal | undefined)[] = [];
    const listen = (_type: string, _listener: unknown, options?: AddEventListenerOptions | boolean): void => {
      if (typeof options === "object") signals.push(options.signal);
    };
    vi.stubGlobal("addEventListener", listen);
    vi.spyOn(page, "addEventListener").mockImplementation(listen);
    openOnce().connection.close(1000, "");
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true]);
    vi.restoreAllMocks();
    vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
    FakeWebSocket.opened = [];
    const { connection, log } = openOnce();
    connection.close(1000, "");
    FakeWebSocket.last.end(1000);
    setOnline(false);
    setOnline(true);
    show("visible");
    expect(FakeWebSocket.opened).toHaveLength(1);
    expect(log.states.map(([state]) => state)).toEqual(["open", "closed"]);
  });
});
