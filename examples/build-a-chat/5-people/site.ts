import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { personName, roomName } from "./contract.ts";
import { session } from "./session.ts";

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const page = readFileSync(file("page.html"), "utf8");
const signInPage = readFileSync(file("sign-in.html"), "utf8");
const script = buildSync({ entryPoints: [file("page.ts")], bundle: true, format: "esm", write: false });

/** Answers HTTP: the page of every room and its script, signing in and out. */
export const site = {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") return post(request, pathname);
    if (pathname === "/") return redirect("/rooms/red");
    if (pathname === "/page.js") return answer(script.outputFiles[0]?.text ?? "", "text/javascript");
    if (!isRoom(pathname)) return refusal(404, "Not Found");
    const isSignedIn = (await session.read(request.headers.get("cookie"))) !== undefined;
    return answer(isSignedIn ? page : signInPage, "text/html");
  },
};

async function post(request: Request, pathname: string): Promise<Response> {
  // Browsers say where a request comes from: no other site signs our visitors in or out.
  if ((request.headers.get("sec-fetch-site") ?? "same-origin") !== "same-origin") return refusal(403, "Forbidden");
  if (pathname === "/sign-out") return redirect("/", session.clear());
  if (pathname !== "/sign-in") return refusal(404, "Not Found");
  // Node reads no more than the length that was announced, so this bounds the body.
  if (!(Number(request.headers.get("content-length") ?? NaN) <= 1_000)) return refusal(413, "Content Too Large");
  const name = personName.safeParse(new URLSearchParams(await request.text()).get("name"));
  return name.success ? redirect("/", await session.issue(name.data)) : refusal(400, "Bad Request");
}

const isRoom = (pathname: string) => pathname.startsWith("/rooms/") && roomName.test(pathname.slice("/rooms/".length));

function answer(body: string, type: string): Response {
  return new Response(body, { headers: { "content-type": `${type}; charset=utf-8` } });
}

function redirect(location: string, cookie?: string): Response {
  return new Response(null, { status: 303, headers: { location, ...(cookie && { "set-cookie": cookie }) } });
}

function refusal(status: number, why: string): Response {
  return new Response(`${status} ${why}\n`, { status });
}
