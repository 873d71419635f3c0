// The board of the calendar calls itself a table, with cells that lie in no row and headings whose names nobody may give them. To
// whoever listens to a page, that is worse than a group of days and schedules with full names: so it becomes one.

const TABLE = '[role="table"], [role="row"], [role="rowgroup"], [role="cell"], [role="columnheader"]';

function mend(root: Element): void {
  for (const element of root.querySelectorAll(TABLE)) {
    element.removeAttribute("role");
    element.removeAttribute("aria-colindex");
    element.removeAttribute("aria-colspan");
  }
  for (const named of root.querySelectorAll("span[aria-label], time[aria-label]")) named.removeAttribute("aria-label");
}

/** An attachment: mends what is in `root`, and what comes into it. */
export function plain(root: Element): () => void {
  mend(root);
  const observer = new MutationObserver(() => mend(root));
  observer.observe(root, { childList: true, subtree: true });
  return () => observer.disconnect();
}
