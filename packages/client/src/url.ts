import { ClientError } from "./client-error.ts";

/**
 * The address of the socket: relative to the page, `http` as `ws`, `https` as `wss`.
 *
 * @throws {ClientError} CLIENT_OPTION when it is no address, of another scheme, or relative where there is no page.
 */
export function socketUrl(url: string | URL): string {
  const page = (globalThis as { readonly location?: { readonly href: string } }).location?.href;
  const refuse = (rule: string): never => {
    throw new ClientError("CLIENT_OPTION", `The address "${url}" is not usable: ${rule}.`);
  };
  let address: URL;
  try {
    address = new URL(url, page);
  } catch {
    return refuse(page === undefined ? "outside a page it begins with ws:// or wss://" : "it is no URL");
  }
  address.protocol = address.protocol.replace(/^http/, "ws");
  if (!/^wss?:$/.test(address.protocol)) return refuse("it begins with ws, wss, http or https");
  // A socket's address has no fragment: older browsers throw.
  address.hash = "";
  return address.href;
}
