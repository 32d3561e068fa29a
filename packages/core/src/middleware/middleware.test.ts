import { describe, expect, test } from "vitest";
import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { addToScope, middleware } from "./middleware.ts";

const scope = Object.freeze({ path: "/rooms/red", queryString: "ann" }) as Scope;

interface FakeLink extends Link {
  readonly denials: unknown[][];
  readonly log: unknown[];
  state: "connecting" | "open" | "closed";
}

function linkOf(): FakeLink {
  const denials: unknown[][] = [];
  const log: unknown[] = [];
  const link = {
    state: "connecting",
    denials,
    log,
    deny: (...answer: unknown[]) => {
      denials.push(answer);
      link.state = "closed";
    },
    environment: { logger: { error: (...line: unknown[]) => void log.push(line) } },
  };
  return link as unknown as FakeLink;
}

/** An application that notes what it gets. */
function noting() {
  const app = { scopes: [] as Scope[], handle: (given: Scope) => void app.scopes.push(given) };
  return app satisfies Application;
}

describe("addToScope", () => {
  test("adds what load returns to a copy of the scope", () => {
    const app = noting();
    const work = addToScope(({ queryString }) => ({ user: queryString }))(app).handle(scope, linkOf());
    expect(work).toBeUndefined();
    expect(app.scopes).toEqual([{ ...scope, user: "ann" }]);
    expect(scope).not.toHaveProperty("user");
  });

  test("waits for a promise, and hands failures on", async () => {
    const app = noting();
    await addToScope(async () => ({ user: "ann" }))(app).handle(scope, linkOf());
    expect(app.scopes).toEqual([{ ...scope, user: "ann" }]);
    const failing = addToScope<{ user: string }>(() => Promise.reject(new Error("no database")));
    await expect(failing(app).handle(scope, linkOf())).rejects.toThrow("no database");
    expect(app.scopes).toHaveLength(1);
  });

  test("stops where load has denied", async () => {
    const app = noting();
    const link = linkOf();
    await addToScope(async (_scope, at) => at.deny(401, "sign in"))(app).handle(scope, link);
    expect([app.scopes, link.denials, link.log]).toEqual([[], [[401, "sign in"]], []]);
  });

  test("denies, and says so, where load returns nothing without having denied", async () => {
    for (const load of [() => undefined, async () => undefined]) {
      const app = noting();
      const link = linkOf();
      await addToScope(load)(app).handle(scope, link);
      expect([app.scopes, link.denials]).toEqual([[], [[403]]]);
      expect(link.log).toEqual([
        [{ path: "/rooms/red" }, expect.stringContaining("neither added to the scope nor denied")],
      ]);
    }
  });

  test("does not go on for a peer that left while it was loading", async () => {
    const app = noting();
    const link = linkOf();
    const work = addToScope(async () => ({ user: "ann" }))(app).handle(scope, link);
    link.state = "closed";
    await work;
    expect([app.scopes, link.denials, link.log]).toEqual([[], [], []]);
  });
});

describe("middleware", () => {
  test("composes, the outermost first, each seeing what those around it added", () => {
    const app = noting();
    const seen: string[][] = [];
    const adding = (name: string) =>
      middleware((given, _link, next) => {
        seen.push([name, ...Object.keys(given).slice(2)]);
        return next({ [name]: name });
      });
    void adding("outer")(adding("inner")(app)).handle(scope, linkOf());
    expect(seen).toEqual([["outer"], ["inner", "outer"]]);
    expect(app.scopes).toEqual([{ ...scope, outer: "outer", inner: "inner" }]);
  });

  test("may wrap what the application inside does", async () => {
    const log: string[] = [];
    const app: Application = { handle: async () => void log.push("inside") };
    const timed = middleware<Record<never, never>>(async (_scope, _link, next) => {
      log.push("before");
      await next({});
      log.push("after");
    });
    await timed(app).handle(scope, linkOf());
    expect(log).toEqual(["before", "inside", "after"]);
  });

  test("lets listings look through it", () => {
    const app = noting();
    expect(middleware((_scope, _link, next) => next({}))(app)).toMatchObject({ "~inner": app });
  });
});
