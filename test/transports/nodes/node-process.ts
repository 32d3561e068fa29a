// For tests: one node in a process of its own.
import { ProtocolTypeRouter } from "@solent/core";
import { serve } from "@solent/core/node";
import { RedisPubSubChannelLayer } from "@solent/redis-layer";
import { routes } from "./ledger.ts";

const [redis = "", at = "0"] = process.argv.slice(2);

const layer = new RedisPubSubChannelLayer({ redis });
await layer.ready();
const { port } = await serve(new ProtocolTypeRouter({ websocket: routes }), {
  port: Number(at),
  host: "127.0.0.1",
  layer,
});
// Without the tests nobody needs it.
process.once("disconnect", () => process.exit(0));
process.send?.(port);
