import type { WebSocketLike } from "../src/socket/web-socket.ts";

type Handler = ((event: never) => void) | null;

/** A socket that a test moves by hand; every one that was opened is in `FakeWebSocket.opened`. */
export class FakeWebSocket implements WebSocketLike {
  static opened: FakeWebSocket[] = [];

  static get last(): FakeWebSocket {
    const socket = FakeWebSocket.opened.at(-1);
    if (socket === undefined) throw new Error("No socket was opened.");
    return socket;
  }

  readonly url: string;
  readonly protocols: string[];
  readonly sent: string[] = [];
  closedWith: [code?: number, reason?: string] | undefined;
  readyState = 0;
  bufferedAmount = 0;
  onopen: Handler = null;
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
    FakeWebSocket.opened.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(...parameters: [code?: number, reason?: string]): void {
    if (this.readyState >= 2) return;
    this.closedWith = parameters;
    this.readyState = 2;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  receive(data: unknown): void {
    this.onmessage?.({ data } as never);
  }

  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
  }
}
