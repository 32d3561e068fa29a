import type { IncomingMessage } from "node:http";
import type { Scope } from "../connection/scope.ts";
import type { Denial } from "../connection/transport.ts";

const key = /^[+/0-9A-Za-z]{22}==$/;
const tokenCharacter = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]";
const token = new RegExp(`^${tokenCharacter}+$`);
// RFC 6455 section 9.1: names with parameters; a value in quotes is a token, too, once its backslashes are gone.
const value = `(?:${tokenCharacter}+|"(?:\\\\?${tokenCharacter})+")`;
const extension = `${tokenCharacter}+(?:[ \\t]*;[ \\t]*${tokenCharacter}+(?:=${value})?)*`;
const extensions = new RegExp(`^${extension}(?:[ \\t]*,[ \\t]*${extension})*$`);

/** Checks the request of a WebSocket handshake (RFC 6455 section 4.2.1) before any application sees it. */
export function handshakeProblem(request: IncomingMessage): Denial | undefined {
  const { headers, method } = request;
  // Node takes any version, and of two Hosts the first; it asks for one only where it answers itself.
  if (request.httpVersion !== "1.1") return problem(400, "A WebSocket handshake is an HTTP/1.1 request.");
  if (request.headersDistinct["host"]?.length !== 1) return problem(400, "There is not exactly one Host header.");
  if (method !== "GET") return problem(405, "A WebSocket handshake is a GET request.", { allow: "GET" });
  if (headers.upgrade?.toLowerCase() !== "websocket") return problem(400, 'The Upgrade header is not "websocket".');
  if (headers["sec-websocket-version"] !== "13") {
    return problem(426, "The Sec-WebSocket-Version is not 13.", { "sec-websocket-version": "13" });
  }
  if (!key.test(headers["sec-websocket-key"] ?? ""))
    return problem(400, "The Sec-WebSocket-Key header is missing or wrong.");
  const offered = headers["sec-websocket-protocol"];
  if (offered !== undefined && !areTokens(offered.split(","))) {
    return problem(400, "The Sec-WebSocket-Protocol header is not a list of different tokens.");
  }
  if (!extensions.test(headers["sec-websocket-extensions"] ?? "none")) {
    return problem(400, "The Sec-WebSocket-Extensions header is not a list of extensions.");
  }
  return undefined;
}

function areTokens(list: readonly string[]): boolean {
  const names = list.map((name) => name.trim());
  return names.every((name) => token.test(name)) && new Set(names).size === names.length;
}

function problem(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Denial {
  return { status, body: `${body}\n`, headers };
}

/**
 * The scope of a request, or `undefined` when its target is no valid path.
 *
 * The path is decoded once, here: applications never see percent-encoding, and never decode twice.
 */
export function scopeOf(
  request: IncomingMessage,
  parts: Pick<Scope, "type" | "state" | "rootPath">,
): Scope | undefined {
  const target = targetOf(request.url ?? "/");
  if (target === undefined) return undefined;
  const isSecure = "encrypted" in request.socket;
  const offered = request.headers["sec-websocket-protocol"];
  const { remoteAddress, remotePort } = request.socket;
  return {
    type: parts.type,
    ...target,
    rootPath: parts.rootPath,
    method: request.method ?? "GET",
    httpVersion: request.httpVersion,
    headers: request.headers,
    subprotocols: offered === undefined ? noSubprotocols : offered.split(",").map((name) => name.trim()),
    params: noParams,
    route: noRoute,
    scheme: parts.type === "websocket" ? (isSecure ? "wss" : "ws") : isSecure ? "https" : "http",
    client: remoteAddress === undefined ? undefined : { address: remoteAddress, port: remotePort ?? 0 },
    channel: undefined,
    state: parts.state,
  };
}

/** The scope of a connection as if it had been opened with another target; `undefined` when that is no valid path. */
export function withTarget(scope: Scope, url: string): Scope | undefined {
  const target = targetOf(url);
  return target && { ...scope, ...target };
}

type Target = Pick<Scope, "path" | "pathRemaining" | "rawPath" | "queryString">;

function targetOf(url: string): Target | undefined {
  const questionMark = url.indexOf("?");
  const rawPath = questionMark < 0 ? url : url.slice(0, questionMark);
  const path = decodePath(rawPath);
  const queryString = questionMark < 0 ? "" : url.slice(questionMark + 1);
  return path === undefined ? undefined : { path, pathRemaining: path, rawPath, queryString };
}

// Shared, because an idle connection keeps its scope.
const noSubprotocols: readonly string[] = Object.freeze([]);
const noRoute: readonly string[] = Object.freeze([]);
const noParams: Readonly<Record<string, string>> = Object.freeze({});

function decodePath(rawPath: string): string | undefined {
  if (!rawPath.startsWith("/")) return undefined;
  if (!rawPath.includes("%")) return rawPath;
  try {
    const path = decodeURIComponent(rawPath);
    return path.includes("\0") ? undefined : path;
  } catch {
    return undefined;
  }
}
