// What this page holds down, whatever holds it: computer keys, fingers on the piano, a keyboard over WebMIDI.

/**
 * A pitch begins with the first source that presses it and ends with the last that lets it go.
 * `report` is told {on, pitch, velocity} and {pedal}.
 */
export class Hands {
  #held = new Map(); // pitch -> set of the sources that hold it
  #pedals = new Set();
  #report;

  constructor(report) {
    this.#report = report;
  }

  get pitches() {
    return this.#held;
  }

  down(source, pitch, velocity) {
    if (pitch < 0 || pitch > 127) return;
    const holders = this.#held.get(pitch);
    if (holders) {
      holders.add(source);
      return;
    }
    this.#held.set(pitch, new Set([source]));
    this.#report({ on: true, pitch, velocity: Math.max(1, Math.min(127, Math.round(velocity))) });
  }

  up(source, pitch) {
    const holders = this.#held.get(pitch);
    if (!holders?.delete(source) || holders.size) return;
    this.#held.delete(pitch);
    this.#report({ on: false, pitch, velocity: 0 });
  }

  pedal(source, down) {
    const before = this.#pedals.size > 0;
    if (down) this.#pedals.add(source);
    else this.#pedals.delete(source);
    const after = this.#pedals.size > 0;
    if (before !== after) this.#report({ pedal: after });
  }

  /** Lets go of all that one source holds, or of everything. */
  release(source = null) {
    for (const [pitch, holders] of [...this.#held]) {
      for (const holder of [...holders]) if (source === null || holder === source) this.up(holder, pitch);
    }
    for (const holder of [...this.#pedals]) if (source === null || holder === source) this.pedal(holder, false);
  }
}
