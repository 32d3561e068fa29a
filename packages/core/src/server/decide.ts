import type { Application } from "../connection/application.ts";
import type { Link } from "../connection/link.ts";
import type { Scope } from "../connection/scope.ts";
import { SolentError } from "../errors/solent-error.ts";

/** A link about which an application decides. */
export interface Undecided extends Link {
  /** Whether an application has taken charge. */
  readonly isTaken: boolean;
}

/** Lets an application decide about a link. Whatever goes wrong is logged, and denies it. */
export function decide(app: Application, scope: Scope, link: Undecided): void {
  let work: void | Promise<void>;
  try {
    work = app.handle(scope, link);
  } catch (error) {
    refuseFailed(scope, link, error);
    return;
  }
  if (work === undefined) requireTaken(scope, link);
  else {
    void link.environment.watch.track(work).then(
      () => requireTaken(scope, link),
      (error: unknown) => refuseFailed(scope, link, error),
    );
  }
}

function requireTaken(scope: Scope, link: Undecided): void {
  if (link.state !== "connecting" || link.isTaken) return;
  const rule = "got no decision: a middleware neither denied the connection nor passed it on";
  refuseFailed(scope, link, new SolentError("SERVER_STATE", { rule }));
}

function refuseFailed({ path }: Scope, link: Undecided, error: unknown): void {
  const { logger } = link.environment;
  const fields = { id: link.id, path };
  if (SolentError.is(error, "ROUTE_NOT_FOUND") || SolentError.is(error, "ROUTE_PROTOCOL")) {
    logger.warn(fields, error.message);
    if (link.state === "connecting") link.deny(404);
    return;
  }
  logger.error({ ...fields, err: error }, "a connection failed before its consumer was made");
  if (link.state === "connecting") link.deny(500);
}
