import { InMemoryChannelLayer } from "@solent/core";
import { serve } from "@solent/core/node";
import { app } from "./chat.ts";

const layer = new InMemoryChannelLayer();
const port = Number(process.env["PORT"] ?? 8000);
const server = await serve(app, { port, layer, denials: "closeCode" });
console.log(`http://localhost:${server.port}`);
