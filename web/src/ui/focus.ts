// Whoever uses the keys has a place on the page. What they do may take it away: then they are somewhere near, and not at its beginning.
import { tick } from "svelte";

/** After something that may have removed what had the focus: calls `next` if it did. */
export async function keepFocus(next: () => void): Promise<void> {
  await tick();
  if (document.activeElement === null || document.activeElement === document.body) next();
}
