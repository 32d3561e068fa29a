import { readFile } from "node:fs/promises";
import { ProtocolTypeRouter, URLRouter } from "@solent/core";
import { attach, serve } from "@solent/core/node";
import { build } from "esbuild";
import { type Example, examples } from "./examples.ts";

/** Examples on a port: `url` is the list of them, or the only one. */
export interface ServedExamples extends AsyncDisposable {
  readonly url: string;
}

/**
 * Serves examples, each with its page and its socket under `/<name>/`.
 *
 * @param port 0 takes a free one.
 * @throws {Error} naming the examples there are, when one of `names` is not among them.
 */
export async function serveExamples(names: readonly string[], port: number): Promise<ServedExamples> {
  const loaded = new Map<string, Example>();
  for (const name of names) loaded.set(name, await load(name));

  const web = new ProtocolTypeRouter({
    http: { fetch: (request: Request) => answer(request, loaded) },
    websocket: new URLRouter([]),
  });
  // Every example brings its own layer, so each is attached on its own; whatever is left gets 404 from `web`.
  const nameOf = (url = "/") => [...loaded.keys()].find((name) => url.startsWith(`/${name}/`));
  const server = await serve(web, { port, accepts: ({ url }) => nameOf(url) === undefined });
  // Each of them listens for itself.
  server.http.setMaxListeners(server.http.getMaxListeners() + loaded.size);
  const running = [server];
  const close = async () => {
    for (const one of running.splice(0).toReversed()) await one.close();
  };
  try {
    for (const [name, { app, layer }] of loaded) {
      const accepts = ({ url }: { readonly url?: string | undefined }) => nameOf(url) === name;
      // Consumers that answer HTTP stand before the pages; what they have no route for is left to those.
      running.push(await attach(server.http, app, { layer, rootPath: `/${name}`, accepts }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const [only] = names.length === 1 ? names : [];
  return {
    url: `http://localhost:${server.port}/${only === undefined ? "" : `${only}/`}`,
    [Symbol.asyncDispose]: close,
  };
}

async function load(name: string): Promise<Example> {
  const row = examples.get(name);
  if (row !== undefined) return row.load();
  throw new Error(`There is no example "${name}". There are: ${[...examples.keys()].join(", ")}.`);
}

const types = new Map([
  ["style.css", "text/css; charset=utf-8"],
  ["page.js", "text/javascript; charset=utf-8"],
  ["page.html", "text/html; charset=utf-8"],
  ["server.ts", "text/plain; charset=utf-8"],
  ["client.js", "text/javascript; charset=utf-8"],
]);

/** `/`, the shared files, and of each example: its page, its source, and what its own handler answers to a POST. */
async function answer(request: Request, loaded: ReadonlyMap<string, Example>): Promise<Response> {
  const [name = "", file, ...more] = new URL(request.url).pathname.slice(1).split("/");
  if (file === undefined) {
    if (name === "") return list([...loaded.keys()]);
    if (loaded.has(name)) return new Response(null, { status: 308, headers: { location: `/${name}/` } });
    if (name === "client.js") return asFile(name, await (bundle ??= bundleClient()));
    return name === "style.css" || name === "page.js" ? text(name) : notFound();
  }
  const example = loaded.get(name);
  if (example === undefined || more.length > 0) return notFound();
  const { http } = example.app;
  if (request.method === "POST" && typeof http === "object") return http.fetch(request);
  if (file === "") return text("page.html", name);
  return file === "server.ts" ? text(file, name) : notFound();
}

async function text(file: string, folder = "."): Promise<Response> {
  return asFile(file, await readFile(new URL(`${folder}/${file}`, import.meta.url), "utf8"));
}

function asFile(name: string, body: string): Response {
  return new Response(body, { headers: { "content-type": types.get(name) ?? "text/plain" } });
}

let bundle: Promise<string> | undefined;

/** `@solent/client` with all of its entry points as one file: pages have no build of their own. */
async function bundleClient(): Promise<string> {
  const entryPoints = ["@solent/client", "@solent/client/http", "@solent/client/sharing"];
  const contents = entryPoints.map((name) => `export * from "${name}";`).join("\n");
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: "esm",
    write: false,
    conditions: ["@solent/source"],
  });
  return outputFiles[0]?.text ?? "";
}

function notFound(): Response {
  return new Response("404 Not Found\n", { status: 404 });
}

function list(names: readonly string[]): Response {
  const rows = names.map(
    (name) => `<li><a href="/${name}/">${examples.get(name)?.title}</a> <code>${name}</code></li>`,
  );
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Solent examples</title>
<link rel="stylesheet" href="/style.css">
<main>
<h1>Solent examples</h1>
<p>Each is a server of a few lines and a page without a framework. Open one in two windows.</p>
<ul class="list">
${rows.join("\n")}
</ul>
</main>
</html>
`;
  return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
}
