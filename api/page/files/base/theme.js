/** Light, dark, or as the system has it. */

import { byId, el, icon, store, stored } from "./dom.js";
import { t } from "./i18n.js";

const NAME = "geungeo-theme";
const THEMES = ["auto", "light", "dark"];
let theme = THEMES.includes(stored("localStorage", NAME)) ? stored("localStorage", NAME) : "auto";

export function buildTheme() {
  byId("theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    store("localStorage", NAME, theme === "auto" ? null : theme);
    apply();
  });
  window.addEventListener("language", apply);
  apply();
}

function apply() {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const words = t(`theme_${theme}`);
  byId("theme").setAttribute("aria-label", t("theme_label", { theme: words }));
  byId("theme").replaceChildren(icon("theme"), el("span", { class: "theme-word" }, words));
}
