// What is bound to knobs, pads, pedals and keys: shown beside each control and all in one list, learned by moving one.

import { make, write } from "./elements.js";

export class Bindings {
  #list;
  #send;
  #say;
  #made = "";
  #labels = new Map(); // name -> what it is called
  #bound = {};
  #learning = null;

  /** `send` takes a message; `say` a line, and whether it stays until there is another, or none. */
  constructor(list, send, say) {
    this.#list = list;
    this.#send = send;
    this.#say = say;
    addEventListener("keydown", (event) => event.key === "Escape" && this.#learning && this.#learn(null));
  }

  /** Lists all that can be bound: [{name, label, says}]. */
  build(learnable) {
    const made = JSON.stringify(learnable);
    if (made === this.#made) return;
    this.#made = made;
    this.#labels = new Map(learnable.map(({ name, label }) => [name, label]));
    const rows = learnable.map(({ name, label, says }) => {
      const unbind = make("button", {
        type: "button", class: "learn", text: "×", "data-unbind": name, title: "Unbind",
        "aria-label": `Unbind ${label}`, onclick: () => this.#send({ type: "unbind", name }),
      });
      return make("div", { class: "row binding", title: says }, make("span", { text: label }), this.button(name), unbind);
    });
    this.#list.replaceChildren(...rows);
    this.#write();
  }

  /** The button that lets `name` be learned, and says what it is bound to; nothing where it cannot be. */
  button(name) {
    if (!this.#labels.has(name)) return null;
    const click = () => this.#learn(this.#learning === name ? null : name);
    const button = make("button", { type: "button", class: "learn", "data-learn": name, onclick: click });
    this.#writeOne(button);
    return button;
  }

  /** Shows how things stand, whoever changed them. */
  show({ bindings, learning }) {
    const before = this.#learning;
    [this.#bound, this.#learning] = [bindings, learning];
    if (learning && learning !== before) {
      this.#say(`Move the knob, pedal, pad or key for ${this.#labels.get(learning)}. Escape leaves it.`, true);
    } else if (before && !learning) this.#say("");
    this.#write();
  }

  #learn(name) {
    this.#send({ type: "learn", name });
  }

  #write() {
    for (const button of document.querySelectorAll("[data-learn]")) this.#writeOne(button);
    for (const button of document.querySelectorAll("[data-unbind]")) {
      button.classList.toggle("unseen", !this.#bound[button.dataset.unbind]);
    }
  }

  #writeOne(button) {
    const name = button.dataset.learn;
    const [label, bound, waits] = [this.#labels.get(name), this.#bound[name], this.#learning === name];
    const shown = bound?.replace("cc", "CC").replace("channel", "ch");
    write(button, waits ? "move it …" : (shown ?? "learn"));
    button.classList.toggle("waiting", waits);
    button.classList.toggle("bound", Boolean(bound));
    button.setAttribute("aria-pressed", waits);
    button.setAttribute("aria-label", `Learn ${label}, ${bound ? `bound to ${bound}` : "not bound"}`);
    button.title = bound ? `${label} is bound to ${bound}; learn another` : `Bind ${label} to a knob, pedal, pad or key`;
  }
}
