// The theme: light, dark, or that of the system. Gradio sets the class `dark`; a choice of the user replaces it.
import { $$, setAttribute } from "./dom.js";
import { onFrame } from "./rendering.js";
import { localStore } from "./storage.js";

const THEME = "flux-theme";
const THEMES = ["system", "light", "dark"];

const chosenTheme = () => (THEMES.includes(localStore.get(THEME)) ? localStore.get(THEME) : "system");
const isSystemDark = () => matchMedia("(prefers-color-scheme: dark)").matches;

// The theme after this one. One that looks the same is left out.
export function nextTheme(current, systemIsDark) {
  if (current === "system") return systemIsDark ? "light" : "dark";
  return current === "dark" ? "light" : "dark";
}

export function installTheme() {
  onFrame(renderTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", renderTheme);
}

export function chooseTheme({ value }) {
  const theme = value === "next" ? nextTheme(chosenTheme(), isSystemDark()) : value;
  localStore.set(THEME, theme === "system" ? null : theme);
  document.body.classList.toggle("dark", theme === "dark" || (theme === "system" && isSystemDark()));
  renderTheme();
}

export function renderTheme() {
  const theme = chosenTheme();
  if (theme !== "system") document.body.classList.toggle("dark", theme === "dark");
  for (const option of $$("[data-act=theme][role=radio]")) {
    setAttribute(option, "aria-checked", option.dataset.value === theme);
    option.tabIndex = option.dataset.value === theme ? 0 : -1;
  }
}
