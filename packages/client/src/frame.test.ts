import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readFrame } from "./frame.ts";

const protocol = readFileSync(new URL("../../../docs/reference/protocol.md", import.meta.url), "utf8");

test("every frame that the protocol's conversations let a server send is read as what it is", () => {
  const frames = [...protocol.matchAll(/^S {2}(\{.*\})$/gm)].map(([, text = ""]) => text);
  const kinds = frames.map((text) => {
    const frame = readFrame(text);
    if (frame === undefined) return "ignored";
    if ("error" in frame) return `refusal ${frame.error.code}`;
    return "re" in frame ? `answer ${frame.re}` : `message ${frame.type}`;
  });
  expect(kinds).toEqual([
    "message said",
    "ignored", // the hello
    "message said",
    "answer 1",
    "refusal FRAME_INVALID",
    "refusal FRAME_UNKNOWN_TYPE",
    "refusal CONTRACT_MISMATCH",
    "message said",
    "message confirm",
  ]);
});

test.each([
  ['{"type":"a"}', { type: "a", data: undefined, id: undefined }],
  ['{"id":1,"data":null,"at":"x","type":"a"}', { type: "a", data: null, id: 1 }],
  ['{"re":3,"data":null}', { re: 3, data: null }],
  ['{"re":3}', { re: 3, data: undefined }],
  ['{"error":{"code":"X"}}', { error: { code: "X", path: [], data: undefined }, re: undefined }],
  ['{"error":{"code":"X","path":"text","data":1},"re":2}', { error: { code: "X", path: [], data: 1 }, re: 2 }],
])("%s is read", (text, frame) => {
  expect(readFrame(text)).toEqual(frame);
});

test.each([
  "",
  "null",
  "true",
  '"type"',
  "[]",
  '["type"]',
  "{}",
  '{"type":1}',
  '{"type":null,"error":{"code":"X"}}',
  '{"type":"a","re":1}',
  '{"type":"a","error":{"code":"X"}}',
  '{"re":"3"}',
  '{"re":3,"error":null}',
  '{"error":null}',
  '{"error":[]}',
  '{"error":{"code":1}}',
  '{"__proto__":{"type":"a"}}',
])("%s is ignored", (text) => {
  expect(readFrame(text)).toBeUndefined();
});
