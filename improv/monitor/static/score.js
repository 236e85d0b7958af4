// What both have played lately and what is planned, as the drawings want it. Bounded, whatever comes.

const KEPT = 2048; // notes

export class Score {
  notes = []; // {by, pitch, velocity, on, off: null while it sounds}
  plan = []; // {onset, pitch, velocity, duration}
  pulse = null; // {at, beat, period, bar}, in free time null
  #sounding = new Map();

  /** By whom a pitch is sounding now. */
  sounds(by, pitch) {
    return this.#sounding.has(by + pitch);
  }

  get empty() {
    return this.notes.length === 0;
  }

  hear({ by, on, at, pitch, velocity }) {
    this.#end(by + pitch, at);
    if (!on) return;
    const note = { by, pitch, velocity, on: at, off: null };
    this.#sounding.set(by + pitch, note);
    this.notes.push(note);
    // Thrown away by the hundred: shifting one by one would move the rest at each note.
    if (this.notes.length > KEPT + 256) this.notes.splice(0, this.notes.length - KEPT);
  }

  /** Ends what sounds, of `by` or of both. */
  silence(at, by = "") {
    for (const key of [...this.#sounding.keys()]) if (key.startsWith(by)) this.#end(key, at);
  }

  #end(key, at) {
    const note = this.#sounding.get(key);
    if (!note) return;
    note.off = Math.max(at, note.on);
    this.#sounding.delete(key);
  }
}
