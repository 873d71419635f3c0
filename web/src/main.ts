import { mount } from "svelte";

import "./app.css";
import App from "./App.svelte";
import { isDemo } from "./demo/mode";

const target = document.getElementById("app");
if (target) mount(App, { target });

// While the page is worked on there is none: it would keep what has just been changed.
if (import.meta.env.PROD && !isDemo && "serviceWorker" in navigator) {
  addEventListener("load", () => void navigator.serviceWorker.register("/sw.js").catch(() => undefined));
}
