// How late the last notes left, a bar each.

const SHOWN = 40;
const LEAST_SCALE_MS = 2;

export class Strip {
  #latest = [];

  show(latest) {
    this.#latest = latest.slice(-SHOWN);
  }

  moving() {
    return false;
  }

  draw(pen, { width, height, colours }) {
    const place = width / SHOWN;
    const scale = Math.max(LEAST_SCALE_MS, ...this.#latest);
    pen.fillStyle = colours.line;
    pen.fillRect(0, height - 1, width, 1);
    pen.fillStyle = colours.improv;
    this.#latest.forEach((late, index) => {
      const tall = Math.max(2, (Math.max(0, late) / scale) * (height - 4));
      const x = (SHOWN - this.#latest.length + index) * place;
      pen.fillRect(x + place * 0.2, height - 1 - tall, Math.max(1, place * 0.6), tall);
    });
  }
}
