import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { roomName } from "./contract.ts";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const page = readFileSync(file("page.html"), "utf8");
const script = buildSync({ entryPoints: [file("page.ts")], bundle: true, format: "esm", write: false });

/** Answers HTTP: the page of every room, and its script. */
export const site = {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return redirect("/rooms/red");
    if (pathname === "/page.js") return answer(script.outputFiles[0]?.text ?? "", "text/javascript");
    if (isRoom(pathname)) return answer(page, "text/html");
    return new Response("404 Not Found\n", { status: 404 });
  },
};

const isRoom = (pathname: string) => pathname.startsWith("/rooms/") && roomName.test(pathname.slice("/rooms/".length));

function answer(body: string, type: string): Response {
  return new Response(body, { headers: { "content-type": `${type}; charset=utf-8` } });
}

function redirect(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}
