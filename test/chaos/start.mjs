// `pnpm chaos`: Node 20 cannot run TypeScript alone, tsx can.
//
// Run it with `--conditions=@solent/source`, which makes Node take Solent's packages from source too.
import { register } from "tsx/esm/api";

register();
await import("./main.ts");
