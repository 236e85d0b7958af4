// What the synth is to sound of what the engine reports, and when.

// An echo of this page's own note comes back within this time, or never.
const ECHO = 1.0;

export class Hearing {
  on = true;
  #synth;
  #clock;
  #own = []; // notes played here whose echo is still to come: {on, pitch, at}

  constructor(synth, clock) {
    this.#synth = synth;
    this.#clock = clock;
  }

  /** A note of this page: it sounds at once, whoever answers. */
  played({ on, pitch, velocity }, sent) {
    if (sent) this.#own.push({ on, pitch, at: this.#clock.now });
    if (!this.on) return;
    if (on) this.#synth.begin("player", pitch, velocity);
    else this.#synth.end("player", pitch);
  }

  /** What the engine reports; of the player's only what was played elsewhere, by a keyboard or another page. */
  reported(event) {
    if (event.by === "player" && this.#isEcho(event)) return;
    if (!this.on) return;
    // Improv's come a little before they are due, so that each sounds at its very moment.
    const ahead = event.by === "improv" ? this.#clock.until(event.at) : 0;
    if (event.on) this.#synth.begin(event.by, event.pitch, event.velocity, Math.min(ahead, 0.2));
    else this.#synth.end(event.by, event.pitch, Math.min(ahead, 0.2));
  }

  #isEcho({ on, pitch }) {
    const since = this.#clock.now - ECHO;
    this.#own = this.#own.filter((note) => note.at >= since);
    const index = this.#own.findIndex((note) => note.on === on && note.pitch === pitch);
    if (index < 0) return false;
    this.#own.splice(index, 1);
    return true;
  }
}
