// Computer keys as a piano, two rows as in a DAW, by where they lie and not by what is printed on them.

const ROW = [
  "KeyA", "KeyW", "KeyS", "KeyE", "KeyD", "KeyF", "KeyT", "KeyG", "KeyY", "KeyH", "KeyU", "KeyJ",
  "KeyK", "KeyO", "KeyL", "KeyP", "Semicolon", "Quote",
];
const LETTERS = { Semicolon: ";", Quote: "'" };
const SOURCE = "typing";
const LOWEST_BASE = 24;
const HIGHEST_BASE = 84;
const SOFTEST = 20;
const LOUDEST = 120;
const STEP = 20;

/** Steps above the base for a key's code, or undefined. */
export const stepOf = (code) => {
  const step = ROW.indexOf(code);
  return step < 0 ? undefined : step;
};

/** What is printed on the key of each step, on this keyboard where the browser tells, else as on a US one. */
export async function printedOn() {
  const plain = ROW.map((code) => LETTERS[code] ?? code.slice(3));
  try {
    const layout = await navigator.keyboard.getLayoutMap();
    return ROW.map((code, step) => (layout.get(code) ?? plain[step]).toUpperCase());
  } catch {
    return plain;
  }
}

/** True where letters are typed, or jump in a list: there keys are not music. */
const isText = (element) =>
  element.matches("select, textarea, [contenteditable], input:not([type=range], [type=checkbox], [type=radio])");

export class Typing {
  base = 60;
  velocity = 80;
  #hands;
  #changed;
  #down = new Map(); // code -> pitch: an octave shift does not lose what is held

  /** `changed` is called when octave or velocity were shifted. */
  constructor(hands, changed) {
    this.#hands = hands;
    this.#changed = changed;
    addEventListener("keydown", (event) => this.#press(event));
    addEventListener("keyup", (event) => this.#lift(event));
    // Keys that come up while the page is not looked at are never reported.
    addEventListener("blur", () => this.release());
    document.addEventListener("visibilitychange", () => document.hidden && this.release());
  }

  shiftOctave(octaves) {
    this.base = Math.max(LOWEST_BASE, Math.min(HIGHEST_BASE, this.base + 12 * octaves));
    this.#changed();
  }

  shiftVelocity(steps) {
    this.velocity = Math.max(SOFTEST, Math.min(LOUDEST, this.velocity + STEP * steps));
    this.#changed();
  }

  release() {
    this.#down.clear();
    this.#hands.release(SOURCE);
  }

  #press(event) {
    if (event.metaKey || event.ctrlKey || event.altKey) {
      this.release(); // with these held some systems never report a key coming up
      return;
    }
    if (event.repeat || event.defaultPrevented || isText(event.target)) return;
    const step = stepOf(event.code);
    if (step !== undefined) {
      const pitch = this.base + step;
      this.#down.set(event.code, pitch);
      this.#hands.down(SOURCE, pitch, this.velocity);
      event.preventDefault(); // some browsers begin to search in the page at ' or /
    } else if (event.code === "KeyZ") this.shiftOctave(-1);
    else if (event.code === "KeyX") this.shiftOctave(1);
    else if (event.code === "KeyC") this.shiftVelocity(-1);
    else if (event.code === "KeyV") this.shiftVelocity(1);
    else if (event.code === "KeyB") this.#hands.pedal(SOURCE, true);
  }

  #lift(event) {
    const pitch = this.#down.get(event.code);
    this.#down.delete(event.code);
    if (pitch !== undefined) this.#hands.up(SOURCE, pitch);
    else if (event.code === "KeyB") this.#hands.pedal(SOURCE, false);
  }
}
