import { codeBlocks } from "../docs/markdown.ts";

const blocks = codeBlocks("docs/guide/scaling.md").filter(({ language }) => language === "text");
const rulesOf = (beginning: string): string[] => {
  const block = blocks.find(({ code }) => code.startsWith(beginning));
  return (block?.code ?? "").split(/\s+/).filter((word) => /^[+~&]|^(?:reset|no)/.test(word));
};

/** What the guide about scaling says a user of Redis must be allowed: on one server, and what a Cluster needs beside that. */
export const aclRules = { single: rulesOf("user solent "), cluster: rulesOf("+spublish ") };
