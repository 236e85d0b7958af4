// One canvas under everything that moves: each region of the page is drawn on it, once a frame, while something moves.

const SHARPEST = 2; // device pixels a pixel: more costs and is not seen
const NAMES = [
  "ground", "surface", "line", "edge", "ink", "soft", "player", "improv", "white-key", "black-key", "key-edge", "roll", "row", "on-colour",
];

export class Stage {
  #canvas;
  #pen;
  #clock;
  #regions = [];
  #colours = {};
  #moving = true;

  constructor(canvas, clock) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext("2d");
    this.#clock = clock;
    new ResizeObserver(() => this.#measure()).observe(canvas);
    const frame = () => {
      this.#draw();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** A region as large as `element`; `part` has draw(pen, {width, height, now, colours}) and moving(now). */
  add(element, part) {
    this.#regions.push({ element, part });
    new ResizeObserver(() => this.#measure()).observe(element);
  }

  /** Something has changed: draw again. */
  touch() {
    this.#moving = true;
  }

  /** The colours as the theme has them now. */
  repaint() {
    const style = getComputedStyle(document.documentElement);
    this.#colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    this.touch();
  }

  #measure() {
    const sharp = Math.min(SHARPEST, devicePixelRatio || 1);
    const own = this.#canvas.getBoundingClientRect();
    const [width, height] = [Math.round(own.width * sharp), Math.round(own.height * sharp)];
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    for (const region of this.#regions) {
      const box = region.element.getBoundingClientRect();
      region.x = box.left - own.left;
      region.y = box.top - own.top;
      region.width = box.width;
      region.height = box.height;
    }
    this.#pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    this.#moving = true;
    this.#draw(); // at once: setting a canvas's size has emptied it
  }

  #draw() {
    const now = this.#clock.now;
    if (!this.#moving && !this.#regions.some(({ part }) => part.moving(now))) return;
    this.#moving = false;
    const pen = this.#pen;
    pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    for (const { part, x, y, width, height } of this.#regions) {
      if (!width || !height) continue;
      pen.save();
      pen.translate(x, y);
      pen.beginPath();
      pen.rect(0, 0, width, height);
      pen.clip();
      part.draw(pen, { width, height, now, colours: this.#colours });
      pen.restore();
    }
  }
}
