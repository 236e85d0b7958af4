// The drawn piano: its keys lit by who plays them, and above them what improv thought of playing last.

import { keysAcross, rangeFor, nameOf } from "./pitches.js";

/** Of a key's height: how far down a black key reaches. */
export const BLACK_SHARE = 0.62;
/** Of the region's height: where the keys begin; above them stands the distribution. */
export const CREST_SHARE = 0.26;
const FADE_SECONDS = 2.5;
/** The probability that the tallest bar stands for, where none is larger: an even spread stays low. */
const LEAST_MOST = 0.12;

export class Keys {
  cursor = null; // the pitch that arrow keys have chosen, where the piano has the focus
  letters = []; // what is printed on the computer key of each step above `base`
  lettered = true;
  base = 60;
  narrowest = 22; // pixels, a white key
  #score;
  #hands;
  #keys = [];
  #shape = "";
  #thought = new Float32Array(128);
  #thoughtAt = -Infinity;
  #fresh = false;

  constructor(score, hands) {
    this.#score = score;
    this.#hands = hands;
  }

  think(pitch) {
    this.#thought.set(pitch);
    this.#fresh = true;
  }

  moving(now) {
    return this.#fresh || now - this.#thoughtAt < FADE_SECONDS;
  }

  /** The keys that fit a width: [{pitch, black, x, width}]. */
  across(width) {
    const shape = `${width} ${this.base} ${this.narrowest}`;
    if (shape !== this.#shape) {
      const { first, last } = rangeFor(Math.floor(width / this.narrowest), this.base);
      this.#keys = keysAcross(first, last, width);
      this.#shape = shape;
    }
    return this.#keys;
  }

  draw(pen, { width, height, now, colours }) {
    if (this.#fresh) [this.#thoughtAt, this.#fresh] = [now, false];
    const keys = this.across(width);
    const top = Math.round(height * CREST_SHARE);
    this.#drawCrest(pen, keys, top, now, colours);
    pen.translate(0, top);
    const tall = height - top;
    for (const key of keys) this.#drawKey(pen, key, key.black ? tall * BLACK_SHARE : tall, colours);
    for (const key of keys) this.#drawLetter(pen, key, key.black ? tall * BLACK_SHARE : tall, colours);
  }

  #drawCrest(pen, keys, top, now, colours) {
    const fresh = Math.max(0, 1 - (now - this.#thoughtAt) / FADE_SECONDS);
    pen.fillStyle = colours.line;
    pen.fillRect(0, top - 1, pen.canvas.width, 1);
    if (!fresh) return;
    pen.fillStyle = colours.improv;
    pen.globalAlpha = fresh;
    const most = Math.max(LEAST_MOST, ...this.#thought);
    for (const key of keys) {
      // The root, so that what is unlikely is seen too.
      const tall = Math.sqrt(this.#thought[key.pitch] / most) * (top - 4);
      const wide = Math.max(2, Math.min(12, key.width * 0.5));
      if (tall > 0.8) pen.fillRect(key.x + (key.width - wide) / 2, top - 1 - tall, wide, tall);
    }
    pen.globalAlpha = 1;
  }

  #drawKey(pen, key, tall, colours) {
    const round = Math.min(4, key.width / 5);
    pen.beginPath();
    pen.roundRect(key.x + 0.5, -4, key.width - 1, tall + 3, [0, 0, round, round]);
    pen.fillStyle = key.black ? colours["black-key"] : colours["white-key"];
    pen.fill();
    if (this.#sounds("player", key)) this.#light(pen, key, tall, colours.player, true);
    if (this.#sounds("improv", key)) this.#light(pen, key, tall, colours.improv, false);
    pen.strokeStyle = colours["key-edge"];
    pen.lineWidth = 1;
    pen.beginPath();
    pen.roundRect(key.x + 0.5, -4, key.width - 1, tall + 3, [0, 0, round, round]);
    pen.stroke();
    if (key.pitch === this.cursor) {
      pen.strokeStyle = colours.player;
      pen.lineWidth = 3;
      pen.strokeRect(key.x + 2, 1, key.width - 4, tall - 5);
    }
  }

  #sounds(who, { pitch }) {
    return this.#score.sounds(who, pitch) || (who === "player" && this.#hands.pitches.has(pitch));
  }

  /** Of the player's the whole key, of improv's a band with a square foot: letters stand out from both. */
  #light(pen, key, tall, colour, whole) {
    pen.fillStyle = colour;
    if (whole) {
      pen.globalAlpha = 0.85;
      pen.fill();
      pen.globalAlpha = 1;
    } else {
      const inset = Math.max(1.5, key.width * 0.18);
      pen.fillRect(key.x + inset, 0, key.width - 2 * inset, tall - 3);
    }
  }

  #drawLetter(pen, key, tall, colours) {
    const letter = this.lettered && this.letters[key.pitch - this.base];
    const isC = key.pitch % 12 === 0;
    if (!letter && !isC) return;
    const lit = this.#sounds("player", key) || this.#sounds("improv", key);
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    const middle = key.x + key.width / 2;
    if (letter && key.width > 11) {
      pen.font = `600 ${key.width > 20 ? 12 : 10}px system-ui, sans-serif`;
      pen.fillStyle = lit ? colours["on-colour"] : key.black ? "#fff" : "#4a4d55";
      pen.fillText(letter, middle, tall - (isC && key.width > 17 ? 22 : 10));
    }
    if (isC && key.width > 17) {
      pen.font = "10px system-ui, sans-serif";
      pen.fillStyle = lit ? colours["on-colour"] : "#5a5d66";
      pen.fillText(nameOf(key.pitch), middle, tall - 8);
    }
  }
}
