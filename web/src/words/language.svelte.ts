// Which of the two languages is shown, and dictionaries whose entries follow it. A dictionary is two objects of the same shape:
// what one of them lacks, or has too much, is an error of the compiler.

export type Language = "en" | "ko";

const KEPT = "campanile-language";

function first(): Language {
  const kept = globalThis.localStorage?.getItem(KEPT);
  if (kept === "en" || kept === "ko") return kept;
  return globalThis.navigator?.language?.toLowerCase().startsWith("ko") ? "ko" : "en";
}

class Choice {
  #current = $state<Language>(first());

  get current(): Language {
    return this.#current;
  }

  /** Shows everything in `wanted` from now on, also before the next signing in. */
  choose(wanted: string): void {
    if (wanted !== "en" && wanted !== "ko") return;
    this.#current = wanted;
    globalThis.localStorage?.setItem(KEPT, wanted);
  }

  /** For `Intl` and for the page's `lang`. */
  get tag(): string {
    return this.#current === "ko" ? "ko-KR" : "en-GB";
  }
}

export const language = new Choice();

type Entry = string | ((...args: never[]) => string);
type Shape<T> = { readonly [K in keyof T]: T[K] extends (...args: infer A) => string ? (...args: A) => string : string };

/** What a screen says, in the language that is shown: `words({ title: "Tasks" }, { title: "할 일" }).title`. */
export function words<T extends Record<string, Entry>>(en: T, ko: NoInfer<Shape<T>>): Shape<T> {
  const both = { en: en as unknown as Shape<T>, ko: ko as Shape<T> };
  return new Proxy(both.en, { get: (_, key) => both[language.current][key as keyof T] });
}

/** One text in both languages, for tables: the one that is shown. */
export function said(both: Record<Language, string>): string {
  return both[language.current];
}
