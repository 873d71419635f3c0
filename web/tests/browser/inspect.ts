// Looks at a screen as people do who see little, have a small screen, read Korean, or work at night.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import type axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

import { SCREENSHOTS } from "./house";

/** Half as much to send and to compile as the readable one. */
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe finds on the page as it stands, of the rules of WCAG 2.2 A and AA and of good practice, or of the colours alone. */
export async function violations(page: Page, { colours = false } = {}): Promise<string[]> {
  // Not as a script of the page, which its policy rightly blocks, but as the debugger does.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const runOnly = colours ? { type: "rule" as const, values: ["color-contrast"] } : { type: "tag" as const, values: ALL };
  return page.evaluate(async (runOnly) => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly,
      resultTypes: ["violations"],
      // There are neither frames nor styles of other hosts, which it would otherwise go and look for each time.
      iframes: false,
      preload: false,
    });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical" || impact === "moderate")
      .map(({ id, impact, nodes }) => `${id} (${String(impact)}): ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`).join("; ")}`);
  }, runOnly);
}

/** Whether something is wider than the screen. */
export function sidewaysScroll(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Until the page is drawn as it is now: what changes its colour does so in a transition, and on a busy machine frames come late. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = (): Promise<number> => new Promise((drawn) => requestAnimationFrame(drawn));
    await frame();
    await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
    await frame();
  });
}

/** Takes a picture in light and in dark, and lets axe look at both. `name` is the file's. */
export async function inspect(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await settled(page);
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}.png`) });
    // In the dark, nothing but the colours is different.
    expect(await violations(page, { colours: colorScheme === "dark" }), `${name}, ${colorScheme}`).toEqual([]);
  }
  expect(await sidewaysScroll(page), `${name}: wider than the screen`).toBeLessThanOrEqual(0);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
}
