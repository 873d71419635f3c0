// Every screen there is: its address, its name, its place in the navigation, and where its code is. A screen is loaded when it is first
// visited. A new one adds a line here and a folder under `screens/`; what is not built has no line.
import type { Component } from "svelte";

import { type Parameters, match } from "./matching";
import { router } from "./router.svelte";
import type { IconName } from "./ui/icons";
import type { Language } from "./words/language.svelte";

/** The parts of the navigation, from top to bottom: one's own plans, what is shared with others, the house itself. */
export const GROUPS = ["plan", "town", "house"] as const;

export interface Route {
  /** As `match` reads it; what stands before the first parameter is the address of the navigation. */
  path: string;
  name: Record<Language, string>;
  icon: IconName;
  group: (typeof GROUPS)[number];
  /** Also for whoever is not signed in. */
  open?: boolean;
  /** Only reached by a link. */
  isHidden?: boolean;
  load: () => Promise<{ default: Component }>;
}

/** The first one is where one begins. */
export const routes: readonly Route[] = [
  { path: "/today", name: { en: "Today", ko: "오늘" }, icon: "today", group: "plan", load: () => import("./screens/today/Today.svelte") },
  { path: "/calendar/:view?/:date?", name: { en: "Calendar", ko: "캘린더" }, icon: "calendar", group: "plan", load: () => import("./screens/calendar/Calendar.svelte") },
  { path: "/tasks/:id?", name: { en: "Tasks", ko: "할 일" }, icon: "task", group: "plan", load: () => import("./screens/tasks/Tasks.svelte") },
  { path: "/statistics/:period?/:date?", name: { en: "Statistics", ko: "통계" }, icon: "chart", group: "plan", load: () => import("./screens/statistics/Statistics.svelte") },
  { path: "/inbox", name: { en: "Inbox", ko: "알림함" }, icon: "bell", group: "plan", load: () => import("./screens/inbox/Inbox.svelte") },
  { path: "/rooms/:id?", name: { en: "Rooms", ko: "모임" }, icon: "room", group: "town", load: () => import("./screens/rooms/Rooms.svelte") },
  { path: "/join", name: { en: "Invitation", ko: "초대" }, icon: "room", group: "town", isHidden: true, load: () => import("./screens/rooms/Join.svelte") },
  { path: "/restock/:id?", name: { en: "Restock", ko: "재입고" }, icon: "box", group: "town", load: () => import("./screens/restock/Restock.svelte") },
  { path: "/settings", name: { en: "Settings", ko: "설정" }, icon: "settings", group: "house", load: () => import("./screens/settings/Settings.svelte") },
  { path: "/help", name: { en: "Help", ko: "도움말" }, icon: "help", group: "house", open: true, load: () => import("./screens/help/Help.svelte") },
];

/** Where a link to `route` leads. */
export function addressOf(route: Route): string {
  return route.path.replace(/\/:.*$/, "") || "/";
}

class Here {
  readonly #found = $derived.by(() => {
    for (const route of routes) {
      const parameters = match(route.path, router.path);
      if (parameters) return { route, parameters };
    }
    return undefined;
  });

  // Of its own, so that another address of the same screen does not begin the screen anew.
  readonly #route = $derived(this.#found?.route);

  /** The screen of the present address, if there is one. */
  get route(): Route | undefined {
    return this.#route;
  }

  /** The named parts of the present address: `here.parameters["date"]`. */
  get parameters(): Parameters {
    return this.#found?.parameters ?? {};
  }
}

export const here = new Here();
