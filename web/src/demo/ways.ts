// Ways from one thing to the next: what waits for what, what lies below what.

/** The way from `start` back to it, if there is one. */
export function wayBack(start: string, next: (id: string) => readonly string[]): string[] | undefined {
  const seen = new Set<string>();
  const ways: string[][] = [[start]];
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const id of next(way.at(-1) ?? start)) {
      if (id === start) return way;
      if (!seen.has(id)) ways.push([...way, id]);
      seen.add(id);
    }
  }
  return undefined;
}
