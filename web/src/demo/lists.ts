// A list of people into the line of a product: comma-separated values with a line of names first, all of it or nothing (docs/campaigns.md).
import type { SubscriptionImport } from "../api/schema";
import { enter } from "./lines";
import { type Details, keep, localeOf, who, wrongDetail, wrongName } from "./recipients";
import { Refusal } from "./refusal";
import type { Product, World } from "./world";

const [MOST, NAMED] = [50_000, 100];
const DETAILS = ["name", "email", "locale", "time_zone"] as const;
const COLUMNS: readonly string[] = ["external_id", "user_id", ...DETAILS];

interface Row {
  line: number;
  fields: string[];
}

interface Bad {
  line: number;
  code: string;
  detail: string;
}

/** The rows of RFC 4180, each with the number of the line in which it begins. */
export function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let [line, field, isQuoted]: [number, string, boolean] = [1, "", false];
  let row: Row | undefined;
  const end = (): void => {
    row?.fields.push(field.trim());
    if (row && (row.fields.length > 1 || row.fields[0] !== "")) rows.push(row);
    [row, field] = [undefined, ""];
  };
  for (let at = text.startsWith("\uFEFF") ? 1 : 0; at < text.length; at++) {
    const letter = text[at] ?? "";
    row ??= { line, fields: [] };
    if (letter === "\n") line += 1;
    if (isQuoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') (field += '"'), at++;
      else isQuoted = false;
    } else if (letter === '"' && field.trim() === "") [isQuoted, field] = [true, ""];
    else if (letter === ",") row.fields.push(field.trim()), (field = "");
    else if (letter === "\n") end();
    else if (letter !== "\r") field += letter;
  }
  end();
  return rows;
}

function wrongColumns(columns: readonly string[]): Omit<Bad, "line"> | undefined {
  const unknown = columns.find((column) => !COLUMNS.includes(column));
  if (unknown !== undefined) return { code: "column_unknown", detail: `there is no column "${unknown}"` };
  if (new Set(columns).size < columns.length) return { code: "column_repeated", detail: "a column is named twice" };
  if (!columns.includes("external_id") && !columns.includes("user_id")) return { code: "column_missing", detail: "name external_id or user_id among the columns" };
  return undefined;
}

export function take(world: World, product: Product, text: string): SubscriptionImport {
  const [first, ...rows] = rowsOf(text);
  const columns = first?.fields ?? [];
  const header = wrongColumns(columns);
  if (header) throw refused([{ line: 1, ...header }]);
  if (rows.length > MOST) throw new Refusal(422, "subscription.too_many_lines", `at most ${String(MOST)} lines are imported at once: divide the file`);
  const bad: Bad[] = [];
  const named = new Map<string, Partial<Details>>();
  let repeated = 0;
  for (const { line, fields } of rows) {
    const found = read(world, columns, fields);
    if ("code" in found) {
      bad.push({ line, ...found });
      continue;
    }
    if (named.has(found.id)) repeated += 1;
    named.set(found.id, found.says);
  }
  if (bad.length > 0) throw refused(bad);
  const known = world.state.recipients.size;
  let subscribed = 0;
  for (const [id, says] of named) {
    if (id === world.state.user.id) who(world, id);
    else keep(world, id, says);
    if (enter(world, product, id).came) subscribed += 1;
  }
  return { lines: rows.length, subscribed, kept: named.size - subscribed + repeated, declined: 0, recipients: world.state.recipients.size - known };
}

function read(world: World, columns: readonly string[], fields: readonly string[]): { id: string; says: Partial<Details> } | Omit<Bad, "line"> {
  if (fields.length !== columns.length) return { code: "field_count", detail: `there are ${String(fields.length)} fields here, and ${String(columns.length)} columns` };
  const said = (column: string): string | undefined => fields[columns.indexOf(column)] || undefined;
  const [external, user] = [said("external_id"), said("user_id")];
  if (external === undefined && user === undefined) return { code: "recipient_missing", detail: "the line names nobody" };
  if (external !== undefined && user !== undefined) return { code: "recipient_ambiguous", detail: "write external_id or user_id, not both" };
  if (user !== undefined) {
    if (!/^usr_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(user)) return { code: "user_id_invalid", detail: "not an id of an account" };
    if (user !== world.state.user.id) return { code: "user_unknown", detail: "there is no account of this id" };
    if (DETAILS.some((detail) => said(detail) !== undefined)) return { code: "details_of_user", detail: "who has an account says by themself what they are called and where they are" };
    return { id: user, says: {} };
  }
  const [id, detail] = [external ?? "", wrongName(external ?? "")];
  if (detail) return { code: "external_id_invalid", detail };
  const all = { name: said("name") ?? null, email: said("email") ?? null, locale: said("locale") ?? null, time_zone: said("time_zone") ?? null };
  const wrong = wrongDetail(all);
  if (wrong) return { code: `${wrong.field}_invalid`, detail: wrong.detail };
  const told = { ...all, locale: localeOf(all.locale) };
  return { id, says: Object.fromEntries(DETAILS.filter((column) => columns.includes(column)).map((column) => [column, told[column]])) };
}

function refused(bad: readonly Bad[]): Refusal {
  return new Refusal(422, "subscription.bad_lines", `${String(bad.length)} of the lines cannot be imported, so nothing was: see \`lines\``, { bad_lines: bad.length, lines: bad.slice(0, NAMED) });
}
