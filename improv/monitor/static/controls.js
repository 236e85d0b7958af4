// A control for each setting that improv names in its hello: sliders, choices and switches, in groups.

import { make, write } from "./elements.js";
import { CHOICES, GROUPS, inWords, means, REST } from "./wording.js";

const PAUSE_MS = 50; // between two values of a slider that is dragged
const OWN_MS = 400; // so long after a turn here, what is heard of the setting is older than the hand

export class Controls {
  #panel;
  #send;
  #bindings;
  #made = "";
  #shown = new Map(); // name -> {show(value), row}
  #turned = new Map(); // name -> when it was last turned here

  /** `send` takes {name, value}; `bindings` has a button for each control that a knob can be bound to. */
  constructor(panel, send, bindings) {
    this.#panel = panel;
    this.#send = send;
    this.#bindings = bindings;
  }

  /** Makes them anew. */
  build(controls) {
    const made = JSON.stringify(controls);
    if (made === this.#made) return; // improv was only away: the focus stays where it is
    this.#made = made;
    const rest = controls.map((control) => control.name).filter((name) => !GROUPS.some(([, , names]) => names.includes(name)));
    const opened = new Set([...this.#panel.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
    const before = this.#panel.childElementCount > 0;
    this.#shown.clear();
    const words = { Time: [make("p", { class: "soft", id: "time-says" })] };
    const groups = [...GROUPS, [REST, false, rest]].map(([heading, open, names]) => {
      const members = names.flatMap((name) => controls.filter((control) => control.name === name));
      const rows = members.map((control) => this.#row(control));
      const isOpen = before ? opened.has(heading) : open;
      return rows.length && make("details", { open: isOpen }, make("summary", { text: heading }), ...(words[heading] ?? []), ...rows);
    });
    this.#panel.replaceChildren(...groups.filter(Boolean));
  }

  /** Shows how all is set. */
  show(settings) {
    for (const [name, value] of Object.entries(settings)) {
      const justTurned = performance.now() - (this.#turned.get(name) ?? -Infinity) < OWN_MS;
      if (!justTurned) this.#shown.get(name)?.show(value);
    }
    for (const [name, { row }] of this.#shown) row.hidden = !means(name, settings);
  }

  #row(control) {
    const id = `control-${control.name}`;
    const makers = { slider: slider, choice: choice, switch: toggle };
    const { elements, show } = makers[control.kind](control, id, (value) => this.#turn(control.name, value));
    const learn = this.#bindings.button(control.name);
    const label = make("label", { for: id, text: control.label });
    const row = make("div", { class: `row ${control.kind}`, title: control.says }, label, ...elements, ...(learn ? [learn] : []));
    this.#shown.set(control.name, { show, row });
    return row;
  }

  #turn(name, value) {
    this.#turned.set(name, performance.now());
    this.#send({ name, value });
  }
}

function slider({ name, low, high, step }, id, turn) {
  const input = make("input", { type: "range", id, min: low, max: high, step: step || "any" });
  const said = make("output", { for: id });
  const say = () => {
    const words = inWords(name, input.valueAsNumber);
    write(said, words);
    input.setAttribute("aria-valuetext", words);
    // The part left of the thumb is coloured: browsers differ in how, so it is drawn as a background.
    input.style.setProperty("--share", `${(100 * (input.valueAsNumber - low)) / (high - low)}%`);
  };
  const send = spaced(() => turn(input.valueAsNumber));
  input.addEventListener("input", () => {
    say();
    send();
  });
  const show = (value) => {
    input.value = value;
    say();
  };
  return { elements: [said, input], show };
}

function choice({ name, choices }, id, turn) {
  const options = choices.map((word) => make("option", { value: word, text: CHOICES[name]?.[word] ?? word }));
  const select = make("select", { id, onchange: () => turn(select.value) }, ...options);
  const show = (value) => {
    select.value = value;
  };
  return { elements: [select], show };
}

function toggle(control, id, turn) {
  const box = make("input", { type: "checkbox", role: "switch", id, onchange: () => turn(box.checked) });
  const show = (value) => {
    box.checked = Boolean(value);
  };
  return { elements: [box], show };
}

/** Calls `act` at once, then not more often than every PAUSE_MS, and once more for what came in between. */
function spaced(act) {
  let timer = null;
  let again = false;
  const pause = () => {
    timer = null;
    if (!again) return;
    again = false;
    go();
  };
  const go = () => {
    act();
    timer = setTimeout(pause, PAUSE_MS);
  };
  return () => {
    if (timer === null) go();
    else again = true;
  };
}
