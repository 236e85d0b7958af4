// The modes as one row of choices, with a word on the one that is chosen.

import { make, write } from "./elements.js";

export class Modes {
  #group;
  #says;
  #send;
  #modes = [];

  constructor(group, says, send) {
    this.#group = group;
    this.#says = says;
    this.#send = send;
  }

  build(modes) {
    if (JSON.stringify(modes) === JSON.stringify(this.#modes)) return;
    this.#modes = modes;
    const choices = modes.map(({ name, says }) => {
      const input = make("input", { type: "radio", name: "mode", value: name, onchange: () => this.#send({ name: "mode", value: name }) });
      return make("label", { class: "mode", title: says }, input, make("span", { text: name }));
    });
    this.#group.replaceChildren(...choices);
  }

  show(name) {
    for (const input of this.#group.querySelectorAll("input")) input.checked = input.value === name;
    write(this.#says, this.#modes.find((mode) => mode.name === name)?.says ?? "");
  }
}
