import type { AnyContract } from "@solent/core/contract";
import { Handle } from "./handle.ts";
import { resolveOptions, type ConnectOptions } from "./options.ts";
import type { RemoteConsumer } from "./remote-consumer.ts";
import { socketUrl } from "./url.ts";

/**
 * Connects to a consumer, typed by a contract of which only the type is needed.
 *
 * `connect<typeof chat>("/rooms/red")` with `import type { chat }` brings nothing of the contract into the page. The URL may
 * be relative to the page, and `http` counts as `ws`. What arrives is not validated: the server did that.
 *
 * It comes back by itself, at random pauses from 0.5 to 20 seconds, unless the close code says to stay away.
 *
 * @throws {ClientError} CLIENT_OPTION when the URL or an option is not usable.
 */
export function connect<C extends AnyContract = never>(url: string | URL, options?: ConnectOptions): RemoteConsumer<C>;
/**
 * Connects to a consumer and validates what arrives with the contract's schemas.
 *
 * What does not fit is not delivered but given to `onComplaint`. For tests, and for servers one does not trust.
 *
 * @throws {ClientError} CLIENT_OPTION when the URL or an option is not usable.
 */
export function connect<C extends AnyContract>(
  contract: C,
  url: string | URL,
  options?: ConnectOptions,
): RemoteConsumer<C>;
export function connect(
  first: AnyContract | string | URL,
  second?: string | URL | ConnectOptions,
  third?: ConnectOptions,
): RemoteConsumer<never> {
  const isTyped = typeof first === "string" || first instanceof URL;
  const contract = isTyped ? undefined : first;
  const url = isTyped ? first : (second as string | URL);
  const options = isTyped ? (second as ConnectOptions | undefined) : third;
  // The handle is the same for all contracts; which one it serves is known to the compiler only.
  return new Handle(socketUrl(url), resolveOptions(options ?? {}), contract) as unknown as RemoteConsumer<never>;
}
