// What stands at the foot of a screen, and would be covered by the messages of the page.

/** Has messages appear above `element`, by its height in a variable of the page (`Toasts.svelte`). */
export function makesRoom(variable: "--player" | "--composer"): (element: HTMLElement) => () => void {
  return (element) => {
    const { style } = document.documentElement;
    const sizes = new ResizeObserver(() => style.setProperty(variable, `${String(element.offsetHeight)}px`));
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      style.removeProperty(variable);
    };
  };
}
