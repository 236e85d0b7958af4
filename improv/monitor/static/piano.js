// Playing the drawn piano: mouse, any number of fingers, glissando; and arrow keys where it has the focus.

import { HIGHEST, keyAt, LOWEST, spokenNameOf } from "./pitches.js";
import { BLACK_SHARE, CREST_SHARE } from "./keys.js";

const SOURCE = "arrows";

export class Piano {
  #element;
  #keys;
  #hands;
  #tell;
  #touched;
  #fingers = new Map(); // pointer -> pitch
  #arrow = null; // the pitch that Enter holds

  /** `tell` says a line to who cannot see the keys, `touched` asks for the keys to be drawn. */
  constructor(element, keys, hands, tell, touched) {
    this.#element = element;
    this.#keys = keys;
    this.#hands = hands;
    this.#tell = tell;
    this.#touched = touched;
    element.addEventListener("pointerdown", (event) => this.#press(event));
    element.addEventListener("pointermove", (event) => this.#slide(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      element.addEventListener(end, (event) => this.#lift(event));
    }
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    element.addEventListener("keydown", (event) => this.#steer(event));
    element.addEventListener("keyup", (event) => event.key === "Enter" && this.#letGo());
    element.addEventListener("blur", () => this.#leave());
    addEventListener("blur", () => this.release());
  }

  release() {
    for (const [pointer, pitch] of this.#fingers) this.#hands.up(`finger ${pointer}`, pitch);
    this.#fingers.clear();
    this.#letGo();
  }

  #press(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#element.focus({ preventScroll: true });
    this.#element.setPointerCapture(event.pointerId);
    this.#touch(event, this.#keyUnder(event));
  }

  #slide(event) {
    if (!this.#fingers.has(event.pointerId)) return;
    const key = this.#keyUnder(event);
    if (key?.pitch !== this.#fingers.get(event.pointerId)) this.#touch(event, key);
  }

  #lift(event) {
    const pitch = this.#fingers.get(event.pointerId);
    this.#fingers.delete(event.pointerId);
    if (pitch !== undefined && pitch !== null) this.#hands.up(`finger ${event.pointerId}`, pitch);
  }

  #touch(event, key) {
    this.#lift(event);
    this.#fingers.set(event.pointerId, key?.pitch ?? null);
    if (key) this.#hands.down(`finger ${event.pointerId}`, key.pitch, this.#velocityOf(event));
  }

  /** Nearer to a key's end is louder, as a finger has more of a lever there; a pen's pressure says it itself. */
  #velocityOf(event) {
    if (event.pointerType === "pen" && event.pressure) return 127 * event.pressure;
    const box = this.#element.getBoundingClientRect();
    const top = box.height * CREST_SHARE;
    const along = (event.clientY - box.top - top) / (box.height - top);
    return 55 + 55 * Math.max(0, Math.min(1, along));
  }

  #keyUnder(event) {
    const box = this.#element.getBoundingClientRect();
    const top = box.height * CREST_SHARE;
    const y = Math.max(0, event.clientY - box.top - top);
    return keyAt(this.#keys.across(box.width), event.clientX - box.left, y, box.height - top, BLACK_SHARE);
  }

  #steer(event) {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 12, PageDown: -12 }[event.key];
    if (step) {
      const from = this.#keys.cursor ?? this.#keys.base - step;
      this.#keys.cursor = Math.max(LOWEST, Math.min(HIGHEST, from + step));
      this.#tell(spokenNameOf(this.#keys.cursor));
      this.#touched();
    } else if (event.key === "Enter" && !event.repeat) {
      this.#arrow = this.#keys.cursor ?? this.#keys.base;
      this.#keys.cursor = this.#arrow;
      this.#hands.down(SOURCE, this.#arrow, 80);
    } else return;
    event.preventDefault();
  }

  #letGo() {
    if (this.#arrow !== null) this.#hands.up(SOURCE, this.#arrow);
    this.#arrow = null;
  }

  #leave() {
    this.#letGo();
    this.#keys.cursor = null;
    this.#touched();
  }
}
