// Light or dark: as the device says, unless somebody wants one of them here.

export type Scheme = "auto" | "light" | "dark";

const KEPT = "campanile-scheme";

class Appearance {
  #scheme = $state<Scheme>(read());

  get scheme(): Scheme {
    return this.#scheme;
  }

  choose(scheme: Scheme): void {
    this.#scheme = scheme;
    if (scheme === "auto") localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, scheme);
  }

  /** Writes it to the page. */
  apply(): void {
    const { dataset } = document.documentElement;
    if (this.#scheme === "auto") delete dataset["scheme"];
    else dataset["scheme"] = this.#scheme;
  }
}

function read(): Scheme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

export const appearance = new Appearance();
