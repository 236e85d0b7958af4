// The notes that the network sees, 32 at most: they move along as each new one comes.

import { spokenNameOf } from "./pitches.js";

const SEEN = 32;
const SETTLE = 0.12; // of what is left to move, each frame
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Context {
  #notes = [];
  #shift = 0; // in places: how far they still have to move

  show(notes) {
    const moved = this.#moved(notes);
    this.#notes = notes;
    this.#shift = calm.matches ? 0 : Math.min(SEEN, this.#shift + moved);
  }

  /** In words: who played what, the oldest first. */
  get spoken() {
    let last = "";
    const words = this.#notes.map(({ by, pitch }) => {
      const who = by === last ? "" : by === "player" ? "you: " : "improv: ";
      last = by;
      return who + spokenNameOf(pitch);
    });
    return `The last 32 notes, the oldest first. ${words.join(", ")}`;
  }

  moving() {
    return this.#shift > 0;
  }

  draw(pen, { width, height, colours }) {
    const place = width / SEEN;
    const pitches = this.#notes.map((note) => note.pitch);
    const low = Math.min(48, ...pitches);
    const high = Math.max(76, ...pitches);
    const radius = Math.max(2, Math.min(5.5, place * 0.32, height / 9));
    const y = (pitch) => radius + 3 + ((high - pitch) / (high - low)) * (height - 2 * radius - 6);
    pen.fillStyle = colours.line;
    for (let index = 0; index < SEEN; index += 1) pen.fillRect((index + 0.5) * place - 0.5, height - 2, 1, 2);
    this.#notes.forEach((note, index) => {
      const x = (SEEN - this.#notes.length + index + 0.5 + this.#shift) * place;
      this.#drawNote(pen, note, x, y(note.pitch), radius, height, colours);
    });
    this.#shift = this.#shift < 0.02 ? 0 : this.#shift * (1 - SETTLE);
  }

  #drawNote(pen, note, x, y, radius, height, colours) {
    const size = radius * (0.65 + 0.35 * (note.velocity / 127));
    pen.fillStyle = colours[note.by];
    pen.globalAlpha = 0.2;
    pen.fillRect(x - 0.5, y, 1, height - 2 - y);
    pen.globalAlpha = 1;
    pen.beginPath();
    if (note.by === "player") pen.arc(x, y, size, 0, 2 * Math.PI);
    else pen.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8);
    pen.fill();
  }

  /** By how many places the notes have moved on: as many as are new. */
  #moved(notes) {
    const same = (a, b) => a && b && a.pitch === b.pitch && a.velocity === b.velocity && a.ioi === b.ioi;
    for (let count = 0; count <= Math.min(4, notes.length); count += 1) {
      const last = this.#notes.at(-1);
      if (same(notes.at(-1 - count), last)) return count;
    }
    return 0;
  }
}
