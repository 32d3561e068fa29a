import type { ConnectTransport } from "@solent/client/http";
import { connect, type PeerEnd } from "../support/peer.ts";
import type { Queue } from "../support/queue.ts";
import { HttpClient } from "./http-client.ts";

/** A connection without our client, over whatever carries it. */
export interface RawClient extends AsyncDisposable {
  /** Texts as text, bytes as bytes. */
  readonly heard: Queue<string | Buffer>;
  readonly end: Promise<PeerEnd>;
  send(frame: string | Uint8Array): unknown;
  /** Reads nothing more. */
  pause(): void;
  resume(): void;
  close(): unknown;
}

/** Resolves when it is open. */
export async function openRaw(transport: ConnectTransport, url: string): Promise<RawClient> {
  if (transport !== "websocket") return HttpClient.open(url, { transport });
  const { port, pathname } = new URL(url);
  const peer = await connect(Number(port), { path: pathname });
  return {
    heard: peer.heard,
    end: peer.end,
    send: (frame) => peer.send(frame),
    pause: () => void peer.wire.pause(),
    resume: () => void peer.wire.resume(),
    close: () => peer.close(),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
