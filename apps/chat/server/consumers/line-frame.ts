/** A frame that is answered with a line, unless the conversation or the line is not the sender's. */
export interface LineFrame<Line> {
  reply(line: Line): void;
  fail(code: "notYours"): void;
}
