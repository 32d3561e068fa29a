import {
  InMemoryChannelLayer,
  path,
  ProtocolTypeRouter,
  URLRouter,
  WebSocketConsumer,
  type ChannelLayerOptions,
} from "@solent/core";
import { serve, type ServeOptions, type SolentServer } from "@solent/core/node";
import { expect } from "vitest";
import { Log } from "./log.ts";
import { connect, type Peer, type PeerOptions } from "./peer.ts";
import { until } from "./turns.ts";
import { openWire, type Handshake, type Wire } from "./wire.ts";

/** Says back what its group hears: it proves that sockets, consumers, groups and the layer still do their work. */
class Healthy extends WebSocketConsumer {
  room = this.group("healthy");
  override async connect() {
    await this.room.join();
    return this.accept();
  }
  override async receive(text: string) {
    await this.room.send("healthy.said", { text });
  }
  healthy_said({ text }: { text: string }) {
    this.send(text);
  }
}

export interface Counts {
  readonly connections: number;
  readonly channels: number;
  readonly groups: number;
  readonly memberships: number;
  readonly queued: number;
  readonly waiting: number;
  readonly running: number;
}

export interface WorldOptions extends ServeOptions {
  readonly layerOptions?: ChannelLayerOptions;
}

/** A server under test with a healthy connection beside the ones the test is about. */
export class World implements AsyncDisposable {
  readonly server: SolentServer;
  readonly layer: InMemoryChannelLayer;
  readonly log: Log;
  readonly healthy: Peer;
  readonly before: Counts;

  constructor(parts: { server: SolentServer; layer: InMemoryChannelLayer; log: Log; healthy: Peer }) {
    this.server = parts.server;
    this.layer = parts.layer;
    this.log = parts.log;
    this.healthy = parts.healthy;
    this.before = this.counts();
  }

  get port(): number {
    return this.server.port;
  }

  connect(options?: PeerOptions): Promise<Peer> {
    return connect(this.port, options);
  }

  wire(request?: Handshake): Promise<Wire> {
    return openWire(this.port, request);
  }

  counts(): Counts {
    const { channels, groups, memberships, queued, waiting } = this.layer.stats();
    const connections = this.server.connectionCount;
    return { connections, channels, groups, memberships, queued, waiting, running: this.server.running().length };
  }

  /** Waits until everything but the healthy connection has gone, and proves that the healthy one noticed nothing. */
  async isUnharmed(): Promise<void> {
    const deadlineMs = performance.now() + 3_000;
    const isBack = (): boolean => JSON.stringify(this.counts()) === JSON.stringify(this.before);
    await until(() => isBack() || performance.now() > deadlineMs);
    expect(this.counts()).toEqual(this.before);
    await this.stillServes();
  }

  /** Proves that the healthy connection is served, and has heard nothing but its own. */
  async stillServes(): Promise<void> {
    this.healthy.send("still here?");
    expect(await this.healthy.text()).toBe("still here?");
    expect(this.healthy.heard.size).toBe(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.healthy.socket.terminate();
    await this.healthy.end;
    await this.server.close();
  }
}

/** Serves a consumer class on every path but `/healthy`. */
export async function world(consumer: unknown, options: WorldOptions = {}): Promise<World> {
  const { layerOptions, ...rest } = options;
  const layer = new InMemoryChannelLayer(layerOptions);
  const log = new Log();
  // Whether a class fits its route is what the type tests are about.
  const target = consumer as typeof Healthy;
  const app = new ProtocolTypeRouter({
    websocket: new URLRouter([path("/healthy", Healthy), path("/", target), path("/:any*", target)]),
  });
  const server = await serve(app, { port: 0, host: "127.0.0.1", layer, logger: log, ...rest });
  return new World({ server, layer, log, healthy: await connect(server.port, { path: "/healthy" }) });
}
