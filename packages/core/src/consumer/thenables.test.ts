import { expect, test } from "vitest";
import { path } from "../routing/route.ts";
import { URLRouter } from "../routing/url-router.ts";
import { testServer } from "../testing/test-server.ts";
import { WebSocketConsumer } from "./websocket-consumer.ts";

/** A query as some database clients have it: no promise, and it runs when somebody awaits it. */
function query(run: () => void): Promise<void> {
  const lazy = {
    // oxlint-disable-next-line unicorn/no-thenable -- a thenable is what is tested
    then: (done: () => void) => {
      run();
      done();
    },
  };
  return lazy as unknown as Promise<void>;
}

test("a handler that returns a query instead of a promise is waited for, in order", async () => {
  const steps: string[] = [];
  class Saving extends WebSocketConsumer {
    override receive(text: string) {
      return query(() => steps.push(`saved ${text}`));
    }
    override disconnect() {
      return query(() => steps.push("left"));
    }
  }
  await using server = testServer(new URLRouter([path("/", Saving)]));
  const ann = await server.connect("/");
  for (const text of ["1", "2", "3"]) ann.sendFrame(text);
  await server.idle();
  ann.close();
  await server.idle();
  expect(steps).toEqual(["saved 1", "saved 2", "saved 3", "left"]);
});
