// `pnpm chat`: builds the page, then runs the server from its TypeScript sources. Node 20 cannot do that alone, tsx can.
//
// Run it with `--conditions=@solent/source`, which makes Node take Solent's packages from source too.
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { register } from "tsx/esm/api";

const here = fileURLToPath(new URL(".", import.meta.url));
process.chdir(here);

// One of several nodes: the process that started it has built the page, and ends it.
if (cluster.isPrimary) await prepare();
register();
await import("./server/main.ts");

async function prepare() {
  // npx and pnpm each put a shell between the terminal and this process, and a shell that is told to end does not tell
  // its child: without this, `kill` would leave the server behind, holding its port.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    // Once: a second signal would end it before it has said goodbye to everybody.
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 500).unref();

  const { build } = await import("vite");
  await build({ configFile: `${here}vite.config.ts`, logLevel: "warn" });
}
