// Ports, model and recording: chosen here, opened by improv.

import { byId, make } from "./elements.js";

const OWN = "improv's own port";

export class Devices {
  #choose;

  /** `choose` takes what of {inputs, output, model} was chosen. */
  constructor(choose) {
    this.#choose = choose;
    byId("output").addEventListener("change", () => this.#choose({ output: byId("output").value }));
    byId("model").addEventListener("change", () => this.#choose({ model: byId("model").value }));
  }

  models(model, models) {
    fill(byId("model"), models.includes(model) ? models : [model, ...models], model);
  }

  show({ inputs, output, available_inputs: available, available_outputs: outputs }) {
    const names = [...new Set([...inputs, ...available])];
    const rows = names.map((name, index) => {
      const box = make("input", { type: "checkbox", role: "switch", id: `input-${index}`, value: name, onchange: () => this.#inputs() });
      box.checked = inputs.includes(name);
      return make("div", { class: "row switch" }, make("label", { for: box.id, text: name }), box);
    });
    const none = make("p", { class: "soft", text: "No MIDI keyboard is connected to improv." });
    byId("inputs").replaceChildren(...(rows.length ? rows : [none]));
    fill(byId("output"), [...new Set(["", output ?? "", ...outputs])], output ?? "", "none: the page sounds");
  }

  #inputs() {
    const boxes = [...byId("inputs").querySelectorAll("input:checked")];
    this.#choose({ inputs: boxes.map((box) => box.value) });
  }
}

function fill(select, values, chosen, empty = OWN) {
  select.replaceChildren(...values.map((value) => make("option", { value, text: value || empty })));
  select.value = chosen;
}
