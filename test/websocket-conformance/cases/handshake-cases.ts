import type { Handshake } from "../../support/wire.ts";
import { type Case, choice, type Drive, lenient, only, type Section } from "../conformance-case.ts";
import type { Talk } from "../talk.ts";

const rule = "6455 §4.2.1";
const refused = only("HTTP 400");
const accepted = only("HTTP 101, open");

/** Sends one request, good but for what is asked. */
function asks(request: Handshake): Drive {
  return async (talk) => {
    talk.write(talk.handshake(request));
    await talk.answered();
  };
}

/** Sends one request that is changed as text. */
function asksChanged(change: (request: string) => string): Drive {
  return async (talk) => {
    talk.write(change(talk.handshake()));
    await talk.answered();
  };
}

const withHeader = (name: string, ...values: readonly (string | undefined)[]): Drive[] =>
  values.map((value) => asks({ headers: { [name]: value } }));

/** Sends one request, and notes what an answer's header says. */
function asksFor(header: string, request: Handshake): Drive {
  return async (talk) => {
    await asks(request)(talk);
    talk.note(`${header}: ${talk.answers.header(header) ?? "none"}`);
  };
}

function handshake(one: Omit<Case, "isHandshake">): Case {
  return { modes: ["plain"], ...one, isHandshake: true };
}

const request: readonly Case[] = [
  {
    name: "A request with the key of the RFC's example",
    rule: "6455 §1.3, §4.2.2",
    allows: only("HTTP 101, sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, open"),
    drives: [asksFor("sec-websocket-accept", {})],
  },
  {
    name: "The headers Upgrade and Connection of the answer",
    rule: "6455 §4.2.2",
    allows: only("HTTP 101, upgrade: websocket, connection: Upgrade, open"),
    drives: [
      async (talk) => {
        await asksFor("upgrade", {})(talk);
        talk.note(`connection: ${talk.answers.header("connection")}`);
      },
    ],
  },
  {
    name: "Header names in capitals, in small letters, and without a blank behind the colon",
    rule: "6455 §4.2.1, 9110 §5.1",
    allows: accepted,
    drives: [
      asksChanged((text) => text.replaceAll(/^[\w-]+:/gm, (name) => name.toUpperCase())),
      asksChanged((text) => text.replaceAll(/^[\w-]+:/gm, (name) => name.toLowerCase())),
      asksChanged((text) => text.replaceAll(/^([\w-]+): /gm, "$1:")),
    ],
  },
  {
    name: "Upgrade as WebSocket, WEBSOCKET, websocket",
    rule: `${rule} (3)`,
    allows: accepted,
    drives: withHeader("Upgrade", "WebSocket", "WEBSOCKET", "websocket"),
  },
  {
    name: "Connection as a list: keep-alive, Upgrade; upgrade,keep-alive; UPGRADE",
    rule: `${rule} (4)`,
    allows: accepted,
    drives: withHeader("Connection", "keep-alive, Upgrade", "upgrade,keep-alive", "UPGRADE"),
  },
  {
    name: "Blanks around the values of headers",
    rule: "9110 §5.5",
    allows: accepted,
    drives: [
      asksChanged((text) => text.replaceAll(/: (.*)$/gm, ":   $1   ")),
      asksChanged((text) => text.replaceAll(/: (.*)$/gm, ":\t$1")),
    ],
  },
  {
    name: "A tab behind the value of Connection",
    rule: "9110 §5.5",
    allows: lenient("HTTP 101, open", {
      seen: "HTTP 426",
      why: "The HTTP parser of Node 20 takes the tab for a part of the token, and the request for one that asks for no upgrade.",
    }),
    varies: "HTTP 426 on Node 20; HTTP 101, open on Node 24 and later",
    drives: withHeader("Connection", "Upgrade\t"),
  },
  {
    name: "Upgrade as a list with another protocol",
    rule: `${rule} (3), 9110 §7.8`,
    allows: choice("HTTP 400", "HTTP 101, open"),
    drives: withHeader("Upgrade", "h2c, websocket", "websocket, h2c"),
  },
  {
    name: "No Upgrade; no Connection; a Connection without the token: keep-alive, close, upgraded",
    rule: `${rule} (3, 4)`,
    allows: only("HTTP 426"),
    drives: [
      ...withHeader("Upgrade", undefined),
      ...withHeader("Connection", undefined, "keep-alive", "close", "upgraded"),
    ],
  },
  {
    name: "An Upgrade to something else",
    rule: `${rule} (3)`,
    allows: refused,
    drives: withHeader("Upgrade", "h2c", "websockets", "web socket"),
  },
];

const requestLine: readonly Case[] = [
  {
    name: "HTTP/1.0",
    rule: `${rule} (1)`,
    allows: refused,
    drives: [asksChanged((text) => text.replace("HTTP/1.1", "HTTP/1.0"))],
  },
  {
    name: "HTTP/2.0 in the request line, which is no HTTP/2",
    rule: `${rule} (1), 9113 §3.4`,
    allows: refused,
    drives: [asksChanged((text) => text.replace("HTTP/1.1", "HTTP/2.0"))],
  },
  {
    name: "HTTP/1.2, HTTP/9.9, HTTQ/1.1, no version",
    rule: "9112 §2.3, §3",
    allows: refused,
    drives: ["HTTP/1.2", "HTTP/9.9", "HTTQ/1.1", ""].map((version) =>
      asksChanged((text) => text.replace("HTTP/1.1", version)),
    ),
  },
  {
    name: "The methods POST, PUT, HEAD, OPTIONS, DELETE",
    rule: `${rule} (1)`,
    allows: only("HTTP 405"),
    drives: ["POST", "PUT", "HEAD", "OPTIONS", "DELETE"].map((method) => asks({ method })),
  },
  {
    name: "The method in small letters, and one that nobody knows",
    rule: "9110 §9.1",
    allows: refused,
    drives: ["get", "BREW"].map((method) => asks({ method })),
  },
  { name: "No Host", rule: `${rule} (2)`, allows: refused, drives: withHeader("Host", undefined) },
  {
    name: "Two Hosts, the same and different",
    rule: "9112 §3.2",
    allows: refused,
    drives: withHeader("Host", "localhost\r\nHost: localhost", "localhost\r\nHost: elsewhere"),
  },
  {
    name: "Paths that are none: half a percent-encoding, no UTF-8, an absolute address, a star",
    rule: "6455 §3, 3986 §2.1",
    allows: refused,
    drives: ["/%2", "/%zz", "/%c3%28", "http://localhost/", "*"].map((path) => asks({ path })),
  },
  {
    name: "A path nobody serves",
    rule: "6455 §4.2.2 (4)",
    allows: only("HTTP 404"),
    drives: [asks({ path: "/nowhere" })],
  },
  {
    name: "An Origin of another site, and the Origin null",
    rule: "6455 §4.2.2 (4), §10.2",
    allows: only("HTTP 403"),
    drives: withHeader("Origin", "https://elsewhere.example", "null"),
  },
];

const webSocketHeaders: readonly Case[] = [
  {
    name: "No Sec-WebSocket-Key",
    rule: `${rule} (5)`,
    allows: refused,
    drives: withHeader("Sec-WebSocket-Key", undefined),
  },
  {
    name: "Keys of 0, 1, 15 and 17 bytes",
    rule: `${rule} (5)`,
    allows: refused,
    drives: withHeader("Sec-WebSocket-Key", ...[0, 1, 15, 17].map((size) => Buffer.alloc(size, 7).toString("base64"))),
  },
  {
    name: "Keys that are no base64: other characters, no padding, too much padding, base64url",
    rule: `${rule} (5)`,
    allows: refused,
    drives: withHeader(
      "Sec-WebSocket-Key",
      "dGhlIHNhbXBsZSBub25jZ!==",
      "dGhlIHNhbXBsZSBub25jZQ",
      "dGhlIHNhbXBsZSBub25jZQ====",
      "____________________-w==",
    ),
  },
  {
    name: "Two keys, in one header and in two",
    rule: "6455 §11.3.1",
    allows: refused,
    drives: withHeader(
      "Sec-WebSocket-Key",
      "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
      "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
  },
  {
    name: "A key whose last character has bits that mean nothing",
    rule: `${rule} (5), 4648 §3.5`,
    allows: choice("HTTP 101, sec-websocket-accept: Zgw8jYXtqX5qJr7MJ1Q/MqzeSRI=, open", "HTTP 400"),
    drives: [asksFor("sec-websocket-accept", { headers: { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZR==" } })],
  },
  {
    name: "No Sec-WebSocket-Version, and 0, 7, 8, 12, 14, 13.0, 013, a word, two of them",
    rule: "6455 §4.2.2 (4), §4.4",
    allows: only("HTTP 426, sec-websocket-version: 13"),
    drives: [
      undefined,
      "0",
      "7",
      "8",
      "12",
      "14",
      "13.0",
      "013",
      "latest",
      "13, 8",
      "13\r\nSec-WebSocket-Version: 13",
    ].map((version) => asksFor("sec-websocket-version", { headers: { "Sec-WebSocket-Version": version } })),
  },
  {
    name: "Subprotocols that the application does not know",
    rule: "6455 §4.2.2 (5)",
    allows: only("HTTP 101, sec-websocket-protocol: none, open"),
    drives: ["a", "a, b"].map((value) =>
      asksFor("sec-websocket-protocol", { headers: { "Sec-WebSocket-Protocol": value } }),
    ),
  },
  {
    name: "Subprotocols of which it takes one: in a list, in a list without blanks, in two headers",
    rule: "6455 §4.2.2 (5), §11.3.4",
    allows: only("HTTP 101, sec-websocket-protocol: echo.v2, open"),
    drives: ["a, echo.v2, b", "echo.v2,echo.v1", "a\r\nSec-WebSocket-Protocol: echo.v2"].map((value) =>
      asksFor("sec-websocket-protocol", { headers: { "Sec-WebSocket-Protocol": value } }),
    ),
  },
  {
    name: "Subprotocols that are no list of different tokens: empty, a gap, a blank, a slash, one twice",
    rule: "6455 §4.1 (10)",
    allows: refused,
    drives: withHeader("Sec-WebSocket-Protocol", "", "a,,b", "a b", "a/b", "a, a"),
  },
  {
    name: "Extensions that nobody knows, with and without parameters",
    rule: "6455 §9.1",
    allows: only("HTTP 101, sec-websocket-extensions: none, open"),
    drives: ["x-unknown", 'x-unknown; a; b=1; c="d"', "x-one, x-two;q=1"].map((value) =>
      asksFor("sec-websocket-extensions", { headers: { "Sec-WebSocket-Extensions": value } }),
    ),
    modes: ["plain", "deflate"],
  },
  {
    name: "Extensions that are no list: empty, a parameter without a name, an open quote, a blank in a name",
    rule: "6455 §9.1",
    allows: refused,
    drives: withHeader("Sec-WebSocket-Extensions", "", ";", "x; =1", 'x; a="b', "x y", 'x; a="b c"', "x; a==1"),
    modes: ["plain", "deflate"],
  },
];

const onTheWire: readonly Case[] = [
  {
    name: "A request in two pieces, cut at each of its bytes",
    rule: "9112 §2.2",
    allows: accepted,
    drives: Array.from({ length: 160 }, (_, index): Drive => async (talk) => {
      await talk.writeCut(Buffer.from(talk.handshake()), index + 1);
      await talk.answered();
    }),
  },
  {
    name: "A request byte by byte",
    rule: "9112 §2.2",
    allows: accepted,
    drives: [
      async (talk) => {
        await talk.writeBytewise(Buffer.from(talk.handshake()));
        await talk.answered();
      },
    ],
  },
  {
    name: "Empty lines before the request",
    rule: "9112 §2.2",
    allows: accepted,
    drives: [asksChanged((text) => `\r\n\r\n${text}`)],
  },
  {
    name: "Lines that end in LF alone",
    rule: "9112 §2.2",
    allows: choice("HTTP 400", "HTTP 101, open"),
    drives: [asksChanged((text) => text.replaceAll("\r\n", "\n"))],
  },
  {
    name: "A header in two lines (obsolete folding)",
    rule: "9112 §5.2",
    allows: choice("HTTP 400", "HTTP 101, open"),
    drives: [asksChanged((text) => text.replace("Sec-WebSocket-Key: ", "Sec-WebSocket-Key:\r\n "))],
  },
  {
    name: "Headers over the limit",
    rule: "6585 §5",
    allows: only("HTTP 431"),
    drives: withHeader("X-Large", "x".repeat(20_000)),
  },
  {
    name: "A hundred headers more, within the limit",
    rule: "9110 §5.4",
    allows: accepted,
    drives: withHeader("X-0", Array.from({ length: 100 }, (_, index) => `v\r\nX-${index + 1}: v`).join("")),
  },
  {
    name: "Two messages in the packet of the request",
    rule: "6455 §4.1",
    allows: only("HTTP 101, echo ×2, open"),
    drives: [
      async (talk) => {
        talk.write(talk.handshake(), talk.message("early"), talk.message(Buffer.from("bird")));
        await talk.heard(2);
      },
    ],
  },
  {
    name: "Half a message in the packet of the request, cut at each of its bytes",
    rule: "6455 §4.1",
    allows: only("HTTP 101, echo, open"),
    drives: Array.from({ length: 10 }, (_, index): Drive => async (talk) => {
      const message = talk.message("early");
      await talk.writeCut(Buffer.concat([Buffer.from(talk.handshake()), message]), talk.handshake().length + index + 1);
      await talk.heard(1);
    }),
  },
  {
    name: "Bytes that are no frames behind the request: text, a second request, TLS",
    rule: "6455 §5.1",
    allows: only("HTTP 101, close 1002"),
    drives: ["GARBAGE", "GET / HTTP/1.1\r\n\r\n", "\u0016\u0003\u0001"].map((garbage) => (talk: Talk) => {
      talk.write(talk.handshake(), garbage);
    }),
  },
  {
    name: "The handshake on a connection that has had a page before",
    rule: "9112 §9.3",
    allows: only("HTTP 200, HTTP 101, open"),
    drives: [
      async (talk) => {
        talk.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await talk.until(() => talk.answers.status === 200);
        talk.write(talk.handshake());
        await talk.until(() => talk.answers.status !== 200);
      },
    ],
    modes: ["page"],
  },
  {
    name: "Bytes that are no HTTP",
    rule: "9112 §2.2",
    allows: refused,
    drives: ["\u0016\u0003\u0001 this is no HTTP\r\n\r\n", "hello\r\n\r\n"].map((text) => async (talk: Talk) => {
      talk.write(text);
      await talk.answered();
    }),
  },
];

export const handshakes: Section = {
  title: "Opening handshake",
  about: "A request is good but for what the case says.",
  cases: [...request, ...requestLine, ...webSocketHeaders, ...onTheWire].map(handshake),
};
