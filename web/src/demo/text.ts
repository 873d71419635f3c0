// What people write: one visible line, or several; and words that are looked for (docs/search.md).
import { invalid } from "./refusal";

/** One line, as it is kept; `needed`: with something to be seen. */
export function line(kind: "schedule" | "task" | "identity", pointer: string, given: string, most: number, needed = false): string {
  const text = given.trim();
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) throw invalid(kind, { pointer, detail: "line breaks and control characters are not allowed here" });
  if ([...text].length > most) throw invalid(kind, { pointer, detail: `at most ${String(most)} characters` });
  if (needed && !/[^\p{Z}\p{C}]/u.test(text)) throw invalid(kind, { pointer, detail: "write at least one visible character" });
  return text;
}

export function text(kind: "schedule" | "task", given: string): string {
  if ([...given].length > 10_000) throw invalid(kind, { pointer: "/description", detail: "at most 10000 characters" });
  return given;
}

/** Whether `texts` say all words of `q`: words by their beginning, and of scripts that write no spaces any part. */
export function says(q: string, texts: readonly string[]): boolean {
  const all = texts.join(" ").normalize("NFKC").toLowerCase();
  const words = all.split(/[^\p{L}\p{N}]+/u);
  const wanted = q.normalize("NFKC").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const isPart = /[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
  return wanted.length > 0 && wanted.every((word) => words.some((other) => (isPart.test(word) ? other.includes(word) : other.startsWith(word))));
}
