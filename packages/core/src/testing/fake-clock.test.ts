import { afterEach, expect, test, vi } from "vitest";
import { WebSocketConsumer } from "../consumer/websocket-consumer.ts";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { testServer } from "./test-server.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("a handler's own time-outs pass when the test says so, while frames flow as ever", async () => {
  class Reminder extends WebSocketConsumer {
    override receive(text: string) {
      setTimeout(() => this.send(`remember: ${text}`), 3_600_000);
      this.send("noted");
    }
  }
  vi.useFakeTimers();
  await using server = testServer(new URLRouter([path("/", Reminder)]));
  const ann = await server.connect("/");
  ann.sendFrame("tea");
  expect(await ann.nextFrame()).toBe("noted");
  await server.idle();
  expect(ann.pending).toBe(0);
  vi.advanceTimersByTime(3_600_000);
  expect(await ann.nextFrame()).toBe("remember: tea");
});
