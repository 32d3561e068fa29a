/**
 * How a position of the layer over Redis follows another: `"1:<offset> <epoch> <id>"`.
 *
 * Written apart from the layer's own, so that a fault there is not a fault here too.
 */
export function relationOf(before: string, after: string): "next" | "gap" | "fresh" | "break" {
  const from = read(before);
  const to = read(after);
  if (from.epoch !== to.epoch) return to.offset === 1 ? "fresh" : "break";
  if (to.offset === from.offset + 1) return "next";
  return to.offset > from.offset ? "gap" : "break";
}

function read(position: string): { readonly offset: number; readonly epoch: string } {
  const parts = /^1:(\d+) (\S+) \S+$/.exec(position);
  if (parts === null) throw new Error(`this is no position: ${position}`);
  return { offset: Number(parts[1]), epoch: parts[2]! };
}
