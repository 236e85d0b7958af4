// The piano roll: it flows to the left, or is turned page by page; right of the line is what improv plans.

const NOW = 0.76; // of the width: where the line stands
const NOW_NARROW = 0.7;
const SPEED = 96; // pixels a second
const SPEED_NARROW = 64;
const LEAST_SPAN = 30; // pitches in view
const MARGIN = 3;
const STRIPE = 6; // pixels
const HEAD = 38; // pixels, for the legend
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Roll {
  #score;
  #low = 45;
  #high = 81;
  #stripes = null;
  #stripesOf = "";

  constructor(score) {
    this.#score = score;
  }

  moving(now) {
    const last = this.#score.notes.at(-1);
    return this.#score.pulse !== null || this.#score.plan.length > 0 || (last !== undefined && (last.off === null || now - last.off < 20));
  }

  draw(pen, { width, height, now, colours }) {
    const narrow = width < 600;
    const speed = narrow ? SPEED_NARROW : SPEED;
    const end = Math.round(width * (narrow ? NOW_NARROW : NOW));
    // Whoever wants no motion gets pages: the notes stand still and the line goes over them.
    const line = calm.matches ? Math.round((now % (end / speed)) * speed) : end;
    const since = now - line / speed;
    const seen = this.#score.notes.filter((note) => note.off === null || note.off > since);
    this.#follow(seen);
    const row = (height - HEAD) / (this.#high - this.#low + 1);
    const place = {
      x: (at) => line + (at - now) * speed,
      y: (pitch) => HEAD + (this.#high - pitch) * row,
      row,
      tall: Math.max(3, Math.min(row - 1, 16)),
    };
    pen.fillStyle = colours.row;
    pen.fillRect(line, 0, width - line, height);
    this.#drawRows(pen, width, height, place, colours);
    this.#drawBeats(pen, width, height, since, now + (width - line) / speed, place, colours);
    this.#drawPlan(pen, place, now, line, colours);
    for (const note of seen) this.#drawNote(pen, note, place, now, line, colours);
    pen.fillStyle = colours.soft;
    pen.fillRect(line - 0.5, 0, 1, height);
  }

  /** Moves the pitches in view to those that are there, little by little. */
  #follow(seen) {
    let low = 127;
    let high = 0;
    for (const { pitch } of seen) [low, high] = [Math.min(low, pitch), Math.max(high, pitch)];
    for (const { pitch } of this.#score.plan) [low, high] = [Math.min(low, pitch), Math.max(high, pitch)];
    if (low > high) [low, high] = [54, 72];
    const lack = Math.max(0, LEAST_SPAN - (high - low)) / 2;
    const share = calm.matches ? 1 : 0.06;
    this.#low += (low - lack - MARGIN - this.#low) * share;
    this.#high += (high + lack + MARGIN - this.#high) * share;
  }

  #drawRows(pen, width, height, place, colours) {
    pen.font = "10px system-ui, sans-serif";
    pen.textBaseline = "bottom";
    for (let pitch = 12 * Math.ceil(this.#low / 12); pitch <= this.#high; pitch += 12) {
      const y = Math.round(place.y(pitch) + place.row);
      pen.fillStyle = colours.line;
      pen.fillRect(0, y, width, 1);
      pen.fillStyle = colours.soft;
      pen.fillText(`C${pitch / 12 - 1}`, width - 24, y - 1);
    }
  }

  /** A line for each beat from `since` to `until`, a stronger one for each bar. */
  #drawBeats(pen, width, height, since, until, place, colours) {
    if (!this.#score.pulse) return;
    const { at, beat, period, bar } = this.#score.pulse;
    const first = Math.ceil(beat + (since - at) / period);
    for (let number = first; at + (number - beat) * period < until; number += 1) {
      const isBar = Math.abs(number / bar - Math.round(number / bar)) < 1e-6;
      pen.fillStyle = isBar ? colours.edge : colours.line;
      pen.globalAlpha = isBar ? 0.55 : 0.8;
      pen.fillRect(Math.round(place.x(at + (number - beat) * period)), HEAD, 1, height - HEAD);
    }
    pen.globalAlpha = 1;
  }

  #drawNote(pen, note, place, now, line, colours) {
    const x = place.x(note.on);
    const end = note.off === null ? line : Math.min(line, place.x(note.off));
    const wide = Math.max(3, end - x);
    const y = place.y(note.pitch) + (place.row - place.tall) / 2;
    pen.globalAlpha = 0.5 + 0.5 * (note.velocity / 127);
    if (note.by === "player") {
      pen.fillStyle = colours.player;
      pen.beginPath();
      pen.roundRect(x, y, wide, place.tall, place.tall / 2);
      pen.fill();
    } else {
      // Square, striped, with a solid head: told from the player's without any colour.
      pen.fillStyle = this.#stripesFor(pen, colours.improv, x);
      pen.fillRect(x, y, wide, place.tall);
      pen.fillStyle = colours.improv;
      pen.fillRect(x, y, Math.min(4, wide), place.tall);
      pen.fillRect(x, y, wide, 1);
      pen.fillRect(x, y + place.tall - 1, wide, 1);
    }
    pen.globalAlpha = 1;
    if (note.off === null) this.#drawGlow(pen, y + place.tall / 2, line, place.tall, colours[note.by]);
  }

  #drawGlow(pen, y, line, tall, colour) {
    pen.fillStyle = colour;
    pen.globalAlpha = 0.22;
    pen.beginPath();
    pen.arc(line, y, tall * 1.1, 0, 2 * Math.PI);
    pen.fill();
    pen.globalAlpha = 1;
    pen.beginPath();
    pen.arc(line, y, tall * 0.5, 0, 2 * Math.PI);
    pen.fill();
  }

  #drawPlan(pen, place, now, line, colours) {
    pen.strokeStyle = colours.improv;
    pen.lineWidth = 1.25;
    pen.setLineDash([4, 3]);
    for (const { onset, pitch, duration } of this.#score.plan) {
      if (onset < now) continue;
      const x = place.x(onset);
      const y = place.y(pitch) + (place.row - place.tall) / 2;
      pen.strokeRect(x, y + 0.5, Math.max(4, place.x(onset + duration) - x), place.tall - 1);
    }
    pen.setLineDash([]);
  }

  /** Diagonal stripes that move with the note that begins at `x`. */
  #stripesFor(pen, colour, x) {
    if (this.#stripesOf !== colour) {
      const tile = new OffscreenCanvas(STRIPE, STRIPE);
      const tilePen = tile.getContext("2d");
      tilePen.globalAlpha = 0.4;
      tilePen.fillStyle = colour;
      tilePen.fillRect(0, 0, STRIPE, STRIPE);
      tilePen.globalAlpha = 1;
      tilePen.strokeStyle = colour;
      tilePen.lineWidth = 2;
      tilePen.beginPath();
      for (const shift of [-STRIPE, 0, STRIPE]) {
        tilePen.moveTo(shift - 1, STRIPE + 1);
        tilePen.lineTo(shift + STRIPE + 1, -1);
      }
      tilePen.stroke();
      this.#stripes = pen.createPattern(tile, "repeat");
      this.#stripesOf = colour;
    }
    this.#stripes.setTransform(new DOMMatrix([1, 0, 0, 1, x % STRIPE, 0]));
    return this.#stripes;
  }
}
