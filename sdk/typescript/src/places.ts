// Where somebody is in each of the streams they follow (docs/streams.md, "Many streams on one connection").

/** The streams that are followed, by name (`me`, or the id of a room), and the last position seen in each: undefined before the first. */
export type Places = ReadonlyMap<string, string | undefined>;

/** `me@1-43,rom_…@1-7`: what goes into `Last-Event-ID`. Streams without a position are left out, and begin now. */
export function written(places: Places): string | undefined {
  const known = [...places].flatMap(([stream, position]) => (position === undefined ? [] : [`${stream}@${position}`]));
  return known.length > 0 ? known.join(",") : undefined;
}

/** The position of `stream` in such a text. */
export function placeIn(text: string, stream: string): string | undefined {
  const part = text.split(",").find((each) => each.startsWith(`${stream}@`));
  return part?.slice(stream.length + 1);
}

/** How `next` stands to `last`, both `epoch-seq`: the one after it, one that was seen already, or further on than that. */
export function step(last: string | undefined, next: string): "next" | "seen" | "hole" {
  const [epoch, seq] = numbers(next);
  const [lastEpoch, lastSeq] = numbers(last ?? "");
  // Another epoch begins with a gap, which says where.
  if (last === undefined || epoch !== lastEpoch) return "next";
  if (seq === lastSeq + 1) return "next";
  return seq <= lastSeq ? "seen" : "hole";
}

function numbers(position: string): [epoch: number, seq: number] {
  const [epoch = NaN, seq = NaN] = position.split("-").map(Number);
  return [epoch, seq];
}
