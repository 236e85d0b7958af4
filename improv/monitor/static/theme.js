// Dark or light: as the system has it, or as was chosen here.

const NEXT = { auto: "light", light: "dark", dark: "auto" };
const SAID = { auto: "Colours: as the system", light: "Colours: light", dark: "Colours: dark" };
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Lets `button` change the theme; `changed` is called whenever the colours are others. */
export function themed(button, changed) {
  const apply = (choice) => {
    document.documentElement.dataset.theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    button.dataset.choice = choice;
    button.setAttribute("aria-label", SAID[choice]);
    button.title = SAID[choice];
    changed();
  };
  const chosen = () => NEXT[localStorage.getItem("theme")] ? localStorage.getItem("theme") : "auto";
  button.addEventListener("click", () => {
    localStorage.setItem("theme", NEXT[chosen()]);
    apply(chosen());
  });
  dark.addEventListener("change", () => apply(chosen()));
  apply(chosen());
}
