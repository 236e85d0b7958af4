// The engine's clock as seen from here: pings say how far the two are apart.

const KEPT = 8; // pings: of the last few the quickest is the truest
const EVERY_MS = 2000;

/** This page's moment, in seconds. */
export const here = () => performance.now() / 1000;

export class EngineClock {
  #ahead = null; // of this page's clock, in seconds
  #pongs = [];
  #timer = null;

  /** Starts asking; `send` takes a message. */
  start(send) {
    clearInterval(this.#timer);
    this.#pongs = [];
    const ask = () => send({ type: "ping", sent: here() });
    ask();
    this.#timer = setInterval(ask, EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** A first guess from any message with a `now`. */
  guess(now) {
    if (!this.#pongs.length) this.#ahead = now - here();
  }

  pong({ sent, now }) {
    const took = here() - sent;
    this.#pongs.push({ took, ahead: now - (sent + took / 2) });
    if (this.#pongs.length > KEPT) this.#pongs.shift();
    this.#ahead = this.#pongs.reduce((best, pong) => (pong.took < best.took ? pong : best)).ahead;
  }

  /** The engine's moment, in seconds. */
  get now() {
    return here() + (this.#ahead ?? 0);
  }

  /** How far ahead of now a moment of the engine's is, in seconds. */
  until(at) {
    return at - this.now;
  }
}
