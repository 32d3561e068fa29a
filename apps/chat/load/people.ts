import { randomUUID } from "node:crypto";
import { connect, type RemoteConsumer } from "@solent/client";
import type { AnyContract } from "@solent/core/contract";
import { WebSocket } from "ws";

/** Somebody who is signed in. */
export interface Person {
  readonly name: string;
  /** The cookie of their session, as a request sends it. */
  readonly cookie: string;
}

const answerWithinMs = 30_000;

/** Makes an account for somebody who is new. @throws {Error} saying what the chat answered. */
export async function signUp(url: string, name: string): Promise<Person> {
  const response = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password: randomUUID() }),
    signal: AbortSignal.timeout(answerWithinMs),
  }).catch((error: unknown) => {
    throw new Error(`The chat at ${url} does not answer.`, { cause: error });
  });
  const [cookie = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  const said = await response.text();
  if (response.status === 201 && cookie !== "") return { name, cookie };
  const hint = response.status === 429 ? " Start that chat with a higher CHAT_SIGN_UPS_PER_HOUR." : "";
  throw new Error(`${name} could not sign up: ${response.status} ${said}${hint}`);
}

/** Opens a connection of somebody; one that cannot be opened at once is given up. */
export function open<Contract extends AnyContract>(url: string, { cookie }: Person): RemoteConsumer<Contract> {
  class OwnSocket extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { headers: { cookie }, perMessageDeflate: false });
    }
  }
  return connect<Contract>(url, { WebSocket: OwnSocket, reconnect: { maxFirstAttempts: 1 } });
}
