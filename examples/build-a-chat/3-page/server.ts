import { InMemoryChannelLayer } from "@solent/core";
import { serve } from "@solent/core/node";
import { app } from "./chat.ts";

const layer = new InMemoryChannelLayer();
const server = await serve(app, { port: Number(process.env["PORT"] ?? 8000), layer });
console.log(`http://localhost:${server.port}`);
