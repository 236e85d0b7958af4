// Ports, model and recording: chosen here, opened by improv.

import { byId, make } from "./elements.js";

const OWN_OUTPUT = "improv's own port, improv out";
const OWN_INPUT = "None is chosen: improv's own port, improv in, is there for others to connect to.";
const NO_KEYBOARD = "No MIDI keyboard is heard but those of the browser. What is plugged in is listed here.";

export class Devices {
  #choose;
  #made = "";

  /** `choose` takes what of {inputs, output, model} was chosen. */
  constructor(choose) {
    this.#choose = choose;
    byId("output").addEventListener("change", () => this.#choose({ output: byId("output").value }));
    byId("model").addEventListener("change", () => this.#choose({ model: byId("model").value }));
  }

  models(model, models) {
    fill(byId("model"), models.includes(model) ? models : [model, ...models], model, (name) => name);
  }

  /** `sounds` where the page sounds what improv plays, as long as no port is chosen for that. */
  show({ inputs, output, unplugged, available_inputs: available, available_outputs: outputs }, sounds) {
    const made = JSON.stringify([inputs, output, unplugged, available, outputs, sounds]);
    if (made === this.#made) return; // the focus stays where it is
    this.#made = made;
    const named = (name) => (unplugged.includes(name) ? `${name} (unplugged)` : name);
    const names = [...new Set([...inputs, ...available])];
    const focused = document.activeElement?.value;
    const rows = names.map((name, index) => {
      const box = make("input", { type: "checkbox", role: "switch", id: `input-${index}`, value: name, onchange: () => this.#inputs() });
      box.checked = inputs.includes(name);
      return make("div", { class: "row switch" }, make("label", { for: box.id, text: named(name) }), box);
    });
    const none = make("p", { class: "soft", text: sounds ? NO_KEYBOARD : OWN_INPUT });
    byId("inputs").replaceChildren(...rows, ...(inputs.length ? [] : [none]));
    rows.map((row) => row.lastChild).find((box) => focused && box.value === focused)?.focus();
    const choices = [...new Set(["", output, ...outputs])];
    fill(byId("output"), choices, output, (name) => named(name) || (sounds ? "none: the page sounds" : OWN_OUTPUT));
  }

  #inputs() {
    const boxes = [...byId("inputs").querySelectorAll("input:checked")];
    this.#choose({ inputs: boxes.map((box) => box.value) });
  }
}

function fill(select, values, chosen, named) {
  select.replaceChildren(...values.map((value) => make("option", { value, text: named(value) })));
  select.value = chosen;
}
