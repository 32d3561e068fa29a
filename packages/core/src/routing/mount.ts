import type { Application } from "../connection/application.ts";
import type { HttpTarget } from "../connection/request.ts";
import { SolentError } from "../errors/solent-error.ts";

/**
 * An application that gives its requests to whatever else answers HTTP: `path("/api/:rest*", mount(hono))`.
 *
 * It gets the request as it arrived, with its whole path; what middleware around it adds to the scope stays with Solent.
 *
 * @param target a Node request listener, such as an Express app, or an object with `fetch`.
 */
export function mount(target: HttpTarget): Application {
  return {
    handle({ type }, { request }) {
      if (request === undefined) throw new SolentError("ROUTE_PROTOCOL", { protocol: type, given: "http" });
      request.handOver(target);
    },
  };
}
