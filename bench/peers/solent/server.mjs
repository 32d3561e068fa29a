// Solent in one process.
import { InMemoryChannelLayer } from "@solent/core";
import { serveSolent } from "../solent-room.mjs";

await serveSolent(new InMemoryChannelLayer());
