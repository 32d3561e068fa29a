// For tests: what runs in the page. It opens a consumer as the test says, and says how it fares.
import { connect } from "@solent/client";
import { anySocket, type ConnectTransport } from "@solent/client/http";
import { sharedSocket } from "@solent/client/sharing";
import type { tab } from "./tab.ts";

export interface Opening {
  readonly url: string;
  readonly transports: readonly ConnectTransport[];
  readonly token?: string;
}

const texts: string[] = [];
const states: string[] = [];
let consumer: ReturnType<typeof connect<typeof tab>>;

const inPage = {
  texts,
  states,
  open({ url, transports, ...options }: Opening): void {
    const socket = sharedSocket({ WebSocket: anySocket({ transports }) });
    consumer = connect<typeof tab>(url, {
      WebSocket: socket,
      reconnect: { minDelayMs: 50, maxDelayMs: 200 },
      ...options,
    });
    consumer.on("told", ({ text }) => void texts.push(text));
    consumer.onState((state) => void states.push(state));
    void consumer.closed.then(({ code, cause }) => states.push(`${code} ${cause}`));
  },
  ask: (text: string): Promise<readonly string[]> => consumer.call("ask", { text }),
};

export type InPage = typeof inPage;

(globalThis as { inPage?: InPage }).inPage = inPage;
