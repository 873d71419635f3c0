// Categories and tags: what they are called and how they look, for everything that shows or asks for them.
import { api, must } from "../../api/client";
import type { CategoryView, ScheduleView, TagView } from "../../api/schema";
import { type Resource, resource } from "../../live/resource.svelte";

export class Labels {
  readonly #categories: Resource<CategoryView[]>;
  readonly #tags: Resource<TagView[]>;
  readonly #byId = $derived.by(() => new Map(this.categories.map((it) => [it.id, it])));

  constructor() {
    this.#categories = resource(async () => (await must(api.GET("/api/v1/categories"))).items, ["category.changed"]);
    this.#tags = resource(async () => (await must(api.GET("/api/v1/tags"))).items, ["tag.changed"]);
  }

  /** From the top down, what lies below one right behind it. */
  get categories(): readonly CategoryView[] {
    return this.#categories.data ?? [];
  }

  get tags(): readonly TagView[] {
    return this.#tags.data ?? [];
  }

  category(id: string | null | undefined): CategoryView | undefined {
    return id ? this.#byId.get(id) : undefined;
  }

  /** The colour of its category, or of the nearest one above that has one. */
  colourOf(it: ScheduleView): string | undefined {
    for (let at = this.category(it.category_id); at; at = this.category(at.parent_id)) if (at.colour) return at.colour;
    return undefined;
  }
}
