// Patterns of addresses: `/calendar/:view?/:date?` matches `/calendar` and `/calendar/week`.

export type Parameters = Readonly<Record<string, string>>;

/** The named parts of `path` by `pattern`; undefined if it does not match. */
export function match(pattern: string, path: string): Parameters | undefined {
  const [wanted, given] = [pattern, path].map((text) => text.split("/").filter(Boolean)) as [string[], string[]];
  if (given.length > wanted.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index];
    if (value === undefined) {
      if (!part.endsWith("?")) return undefined;
    } else if (part.startsWith(":")) {
      try {
        found[part.slice(1).replace(/\?$/, "")] = decodeURIComponent(value);
      } catch {
        return undefined;
      }
    } else if (part !== value) {
      return undefined;
    }
  }
  return found;
}
