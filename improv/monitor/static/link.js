// The line to improv: a WebSocket that comes back by itself.

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2000;

export class Link {
  #socket = null;
  #wait = FIRST_WAIT_MS;
  #timer = null;
  #hear;
  #state;

  /** `hear` is given each message, `state` "open" or "lost". */
  constructor(hear, state) {
    this.#hear = hear;
    this.#state = state;
    addEventListener("online", () => this.open());
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry());
    addEventListener("pagehide", () => this.#socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
  }

  open() {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.#timer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/live${location.search}`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#wait = FIRST_WAIT_MS;
      this.#state("open");
    });
    socket.addEventListener("message", (event) => this.#hear(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      if (this.#socket !== socket) return;
      this.#state("lost");
      this.#timer = setTimeout(() => this.open(), this.#wait);
      this.#wait = Math.min(LONGEST_WAIT_MS, 2 * this.#wait);
    });
  }

  /** True if the message went out; while the line is down it is dropped: a late note is worse than none. */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #hurry() {
    this.#wait = FIRST_WAIT_MS;
    this.open();
  }
}

/** A path on improv's server, with the token that this page was opened with. */
export const pathTo = (path) => `${path}${location.search}`;
