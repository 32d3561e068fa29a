import { InMemoryChannelLayer, ProtocolTypeRouter } from "@solent/core";
import { serve, type ServeOptions, type SolentServer } from "@solent/core/node";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { ends, routes } from "./consumers.ts";
import { Haproxy } from "./haproxy.ts";

let worlds = 0;

/** The consumers on one node; or on several over Redis, behind a haproxy that sends each request to the next. */
export class ChatWorld implements AsyncDisposable {
  readonly servers: readonly SolentServer[];
  readonly url: string;
  readonly #proxy: Haproxy | undefined;
  readonly #asked = new Set<SolentServer>();

  private constructor(servers: readonly SolentServer[], proxy: Haproxy | undefined) {
    this.servers = servers;
    this.#proxy = proxy;
    this.url = proxy?.url ?? `http://127.0.0.1:${servers[0]!.port}`;
    for (const server of servers) server.http.on("request", () => void this.#asked.add(server));
  }

  static async start(nodes: number, options: ServeOptions = {}): Promise<ChatWorld> {
    worlds += 1;
    ends.length = 0;
    const prefix = `chatworld${process.pid}.${worlds}`;
    const servers = await Promise.all(Array.from({ length: nodes }, () => startNode(prefix, nodes === 1, options)));
    return new ChatWorld(servers, nodes === 1 ? undefined : await Haproxy.before(servers.map(({ port }) => port)));
  }

  /** How many connections there are, over all nodes. */
  get connections(): number {
    return this.servers.reduce((sum, { connectionCount }) => sum + connectionCount, 0);
  }

  /** How many nodes have got a request that was no WebSocket's. */
  get nodesAsked(): number {
    return this.#asked.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map((server) => server.close()));
    await this.#proxy?.[Symbol.asyncDispose]();
  }
}

async function startNode(prefix: string, isAlone: boolean, options: ServeOptions): Promise<SolentServer> {
  const app = new ProtocolTypeRouter({ websocket: routes });
  if (isAlone) return serve(app, { port: 0, host: "127.0.0.1", layer: new InMemoryChannelLayer(), ...options });
  const layer = new RedisPubSubChannelLayer({ redis: process.env["REDIS_URL"] ?? "", prefix });
  await layer.ready();
  return serve(app, { port: 0, host: "127.0.0.1", layer, ...options });
}
