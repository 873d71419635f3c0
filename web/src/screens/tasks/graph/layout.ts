// Where tasks stand in the drawing of what waits for what: in columns from left to right, each behind everything it waits for, so that
// every line goes to the right. Lines that pass a column have a place of their own in it. Within a column, things stand near what they
// are connected with (the barycentre method of Sugiyama), and the same tasks always give the same drawing.

/** What is drawn: a task and what it waits for. */
export interface Item {
  id: string;
  waitsFor: readonly string[];
}

export interface Place {
  id: string;
  column: number;
  /** The middle, in units of one row. */
  row: number;
}

export interface Line {
  from: string;
  to: string;
  /** Through which places it goes, both ends included. */
  points: { column: number; row: number }[];
}

export interface Layout {
  places: Place[];
  lines: Line[];
  columns: number;
  rows: number;
}

interface Spot {
  /** A task, or the place of a line that passes. */
  id: string;
  column: number;
  row: number;
  before: Spot[];
  after: Spot[];
  size: number;
}

const SWEEPS = 8;
/** A line that passes needs less room than a task. */
const [TASK, PASSING] = [1, 0.4];
/** Between one group of connected tasks and the next. */
const GAP = 0.5;

/** The places of `items`; those that are connected with none of the others are left out. */
export function layout(items: readonly Item[]): Layout {
  const known = new Map(items.map((item) => [item.id, item]));
  const waitsFor = new Map(items.map(({ id, waitsFor }) => [id, [...new Set(waitsFor)].filter((other) => other !== id && known.has(other))]));
  const places: Place[] = [];
  const lines: Line[] = [];
  let [columns, top] = [0, 0];
  for (const group of groups(items, waitsFor)) {
    const drawn = drawGroup(group, waitsFor);
    places.push(...drawn.places.map((place) => ({ ...place, row: place.row + top })));
    lines.push(...drawn.lines.map(({ from, to, points }) => ({ from, to, points: points.map(({ column, row }) => ({ column, row: row + top })) })));
    columns = Math.max(columns, drawn.columns);
    top += drawn.rows + GAP;
  }
  return { places, lines, columns, rows: Math.max(0, top - GAP) };
}

/** Those that hang together, in the order in which the first of each comes. */
function groups(items: readonly Item[], waitsFor: ReadonlyMap<string, readonly string[]>): string[][] {
  const beside = new Map<string, string[]>(items.map(({ id }) => [id, []]));
  for (const [id, others] of waitsFor) {
    for (const other of others) {
      beside.get(id)?.push(other);
      beside.get(other)?.push(id);
    }
  }
  const seen = new Set<string>();
  const found: string[][] = [];
  for (const { id } of items) {
    if (seen.has(id) || beside.get(id)?.length === 0) continue;
    const [group, waiting] = [new Set<string>([id]), [id]];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      seen.add(next);
      for (const other of beside.get(next) ?? []) {
        if (group.has(other)) continue;
        group.add(other);
        waiting.push(other);
      }
    }
    found.push(items.filter((item) => group.has(item.id)).map((item) => item.id));
  }
  return found;
}

/** The column of each: behind the last of what it waits for. A circle, which the server lets nobody make, is cut where it is met. */
function columnsOf(group: readonly string[], waitsFor: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const column = new Map<string, number>();
  const open = new Set<string>();
  const visit = (id: string): number => {
    const known = column.get(id);
    if (known !== undefined) return known;
    open.add(id);
    const behind = (waitsFor.get(id) ?? []).filter((other) => !open.has(other)).map((other) => visit(other) + 1);
    open.delete(id);
    const own = Math.max(0, ...behind);
    column.set(id, own);
    return own;
  };
  for (const id of group) visit(id);
  return column;
}

function drawGroup(group: readonly string[], waitsFor: ReadonlyMap<string, readonly string[]>): Layout {
  const column = columnsOf(group, waitsFor);
  const spots = new Map<string, Spot>(group.map((id) => [id, { id, column: column.get(id) ?? 0, row: 0, before: [], after: [], size: TASK }]));
  const all: Spot[] = [...spots.values()];
  const ways: { from: string; to: string; way: Spot[] }[] = [];
  for (const id of group) {
    for (const other of waitsFor.get(id) ?? []) {
      const [from, to] = [spots.get(other), spots.get(id)];
      if (!from || !to || from.column >= to.column) continue;
      const way = [from];
      for (let passed = from.column + 1; passed < to.column; passed++) {
        const spot: Spot = { id: `${other}>${id}`, column: passed, row: 0, before: [], after: [], size: PASSING };
        all.push(spot);
        way.push(spot);
      }
      way.push(to);
      for (const [index, spot] of way.slice(1).entries()) {
        way[index]?.after.push(spot);
        const before = way[index];
        if (before) spot.before.push(before);
      }
      ways.push({ from: other, to: id, way });
    }
  }
  const columns = Math.max(...all.map((spot) => spot.column)) + 1;
  const layers = Array.from({ length: columns }, (_, index) => all.filter((spot) => spot.column === index));
  for (const layer of layers) stack(layer);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const layer of isForth ? layers : layers.toReversed()) order(layer, isForth ? "before" : "after");
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const layer of isForth ? layers : layers.toReversed()) pull(layer, isForth ? "before" : "after");
  }
  const top = Math.min(...all.map(({ row, size }) => row - size / 2));
  for (const spot of all) spot.row -= top;
  return {
    places: group.flatMap((id) => spots.get(id) ?? []).map(({ id, column, row }) => ({ id, column, row })),
    lines: ways.map(({ from, to, way }) => ({ from, to, points: way.map(({ column, row }) => ({ column, row })) })),
    columns,
    rows: Math.max(...all.map(({ row, size }) => row + size / 2)),
  };
}

/** One below the other, without gaps. */
function stack(layer: Spot[]): void {
  let top = 0;
  for (const spot of layer) {
    spot.row = top + spot.size / 2;
    top += spot.size;
  }
}

function middle(spot: Spot, side: "before" | "after"): number {
  const beside = spot[side];
  return beside.length === 0 ? spot.row : beside.reduce((sum, other) => sum + other.row, 0) / beside.length;
}

/** Puts a column into the order of what its things are connected with on one side. */
function order(layer: Spot[], side: "before" | "after"): void {
  const wanted = new Map(layer.map((spot) => [spot, middle(spot, side)]));
  layer.sort((one, other) => (wanted.get(one) ?? 0) - (wanted.get(other) ?? 0));
  stack(layer);
}

/** Moves things towards what they are connected with on one side, in their order and without touching each other. */
function pull(layer: Spot[], side: "before" | "after"): void {
  // Those that want to stand in the same place are one block, around the middle of what they want.
  const blocks: { spots: Spot[]; wanted: number[]; size: number; top: number }[] = [];
  for (const spot of layer) {
    blocks.push({ spots: [spot], wanted: [middle(spot, side) - spot.size / 2], size: spot.size, top: middle(spot, side) - spot.size / 2 });
    for (let last = blocks.at(-1), above = blocks.at(-2); last && above && above.top + above.size > last.top; last = blocks.at(-1), above = blocks.at(-2)) {
      above.wanted.push(...last.wanted.map((top) => top - above.size));
      above.spots.push(...last.spots);
      above.size += last.size;
      above.top = above.wanted.reduce((sum, top) => sum + top, 0) / above.wanted.length;
      blocks.pop();
    }
  }
  for (const { spots, top } of blocks) {
    let next = top;
    for (const spot of spots) {
      spot.row = next + spot.size / 2;
      next += spot.size;
    }
  }
}
