// Short messages that go by themselves. What can be undone can be undone from its message for as long as that is shown.

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "good" | "bad";
  undo: (() => void | Promise<void>) | undefined;
}

/** Long enough to be read and reached; WCAG 2.2.1 wants more where something can be done, so those wait while they are looked at. */
const [SHOWN, SHOWN_WITH_UNDO] = [6_000, 12_000];
/** More than that is a wall of text; the oldest goes. */
const MOST = 3;

class Toasts {
  #shown = $state.raw<readonly Toast[]>([]);
  #next = 1;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  get shown(): readonly Toast[] {
    return this.#shown;
  }

  show({ text, tone = "plain", undo }: { text: string; tone?: Toast["tone"]; undo?: () => void | Promise<void> }): void {
    const toast: Toast = { id: this.#next++, text, tone, undo };
    this.#shown = [...this.#shown.slice(1 - MOST), toast];
    this.release(toast);
  }

  dismiss(toast: Toast): void {
    this.hold(toast);
    this.#shown = this.#shown.filter(({ id }) => id !== toast.id);
  }

  /** It stays while somebody points at it or has the focus in it. */
  hold(toast: Toast): void {
    clearTimeout(this.#timers.get(toast.id));
    this.#timers.delete(toast.id);
  }

  release(toast: Toast): void {
    this.hold(toast);
    this.#timers.set(toast.id, setTimeout(() => this.dismiss(toast), toast.undo ? SHOWN_WITH_UNDO : SHOWN));
  }

  clear(): void {
    for (const toast of this.#shown) this.dismiss(toast);
  }
}

export const toasts = new Toasts();
