// The modes as one row of choices, with a word on the one that is chosen.

import { make, write } from "./elements.js";

const OWN_MS = 2000; // so long after a choice here, another mode that is heard of may be older

export class Modes {
  #group;
  #says;
  #send;
  #modes = [];
  #chosen = { name: "", at: -Infinity }; // here, of which improv has not spoken yet

  constructor(group, says, send) {
    this.#group = group;
    this.#says = says;
    this.#send = send;
  }

  build(modes) {
    if (JSON.stringify(modes) === JSON.stringify(this.#modes)) return;
    this.#modes = modes;
    const choices = modes.map(({ name, says }) => {
      const input = make("input", { type: "radio", name: "mode", value: name, onchange: () => this.#choose(name) });
      return make("label", { class: "mode", title: says }, input, make("span", { text: name }));
    });
    this.#group.replaceChildren(...choices);
  }

  #choose(name) {
    this.#chosen = { name, at: performance.now() };
    this.#send({ name: "mode", value: name });
  }

  show(name) {
    // What was said before it heard of the choice is older than the hand.
    if (name !== this.#chosen.name && performance.now() - this.#chosen.at < OWN_MS) return;
    this.#chosen.at = -Infinity;
    for (const input of this.#group.querySelectorAll("input")) input.checked = input.value === name;
    write(this.#says, this.#modes.find((mode) => mode.name === name)?.says ?? "");
  }
}
