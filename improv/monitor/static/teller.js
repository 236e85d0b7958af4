// What a screen reader is told: politely, the last of what came, and not more than can be listened to.

const BETWEEN_MS = 1500;

export class Teller {
  #element;
  #next = null;
  #timer = null;

  constructor(element) {
    this.#element = element;
  }

  tell(text) {
    this.#next = text;
    if (this.#timer === null) this.#say();
  }

  #say() {
    this.#timer = null;
    if (this.#next === null) return;
    this.#element.textContent = this.#next;
    this.#next = null;
    this.#timer = setTimeout(() => this.#say(), BETWEEN_MS);
  }
}
