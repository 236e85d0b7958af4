// A past session, played on the page's synth and shown on the roll. Improv does not hear it.

const AHEAD = 0.15; // seconds: what is due so soon is given to the synth now
const EVERY_MS = 40;

export class Playback {
  #synth;
  #score;
  #clock;
  #done;
  #timer = null;
  #events = [];
  #next = 0;
  #began = 0;

  /** `done` is called when it has ended or was stopped. */
  constructor(synth, score, clock, done) {
    this.#synth = synth;
    this.#score = score;
    this.#clock = clock;
    this.#done = done;
  }

  get playing() {
    return this.#timer !== null;
  }

  /** Plays notes of {by, onset, duration, pitch, velocity}, the first of them at once. */
  play(notes) {
    this.stop();
    if (!notes.length) return;
    this.#events = notes.flatMap(({ by, onset, duration, pitch, velocity }) => [
      { by, on: true, at: onset, pitch, velocity },
      { by, on: false, at: onset + duration, pitch, velocity },
    ]);
    this.#events.sort((a, b) => a.at - b.at || a.on - b.on);
    this.#next = 0;
    this.#began = this.#clock.now + AHEAD - this.#events[0].at;
    this.#timer = setInterval(() => this.#step(), EVERY_MS);
    this.#step();
  }

  stop() {
    if (!this.playing) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#synth.silence();
    this.#score.silence(this.#clock.now);
    this.#done();
  }

  #step() {
    const now = this.#clock.now;
    while (this.#next < this.#events.length) {
      const event = this.#events[this.#next];
      const at = this.#began + event.at;
      if (at > now + AHEAD) return;
      if (event.on) this.#synth.begin(event.by, event.pitch, event.velocity, at - now);
      else this.#synth.end(event.by, event.pitch, at - now);
      setTimeout(() => this.playing && this.#score.hear({ ...event, at }), Math.max(0, 1000 * (at - now)));
      this.#next += 1;
    }
    if (now > this.#began + this.#events.at(-1).at + AHEAD) this.stop();
  }
}
