// The demonstration of this page: in the language and the zone of whoever looks, with a week to look at.
import { language } from "../words/language.svelte";
import { Demo } from "./demo";
import { fill } from "./sample";

export function begin(): Demo {
  const demo = new Demo({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone, locale: language.current });
  fill(demo.world, language.current);
  demo.ring();
  return demo;
}
