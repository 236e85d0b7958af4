// Keyboards plugged into the computer that shows the page, through WebMIDI.

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const CONTROL = 0xb0;
const SUSTAIN = 64;

/** What a message says: {on, pitch, velocity}, {pedal} or null. Pure. */
export function readMessage([status, first, second]) {
  const kind = status & 0xf0;
  if (kind === NOTE_ON && second > 0) return { on: true, pitch: first, velocity: second };
  if (kind === NOTE_ON || kind === NOTE_OFF) return { on: false, pitch: first };
  if (kind === CONTROL && first === SUSTAIN) return { pedal: second >= 64 };
  return null;
}

export class WebMidi {
  #hands;
  #changed;
  #access = null;

  /** `changed` is given the names of the keyboards that are heard. */
  constructor(hands, changed) {
    this.#hands = hands;
    this.#changed = changed;
  }

  static get offered() {
    return "requestMIDIAccess" in navigator;
  }

  /** True where the user has allowed it before: then nobody needs to be asked again. */
  static async allowed() {
    try {
      return WebMidi.offered && (await navigator.permissions.query({ name: "midi" })).state === "granted";
    } catch {
      return false;
    }
  }

  /** Listens to every keyboard, those plugged in later too. Raises where it is not allowed. */
  async listen() {
    this.#access ??= await navigator.requestMIDIAccess();
    this.#access.onstatechange = () => this.#attach();
    this.#attach();
  }

  #attach() {
    const names = [];
    for (const input of this.#access.inputs.values()) {
      if (input.state === "connected") {
        names.push(input.name ?? "a keyboard");
        input.onmidimessage = (event) => this.#hear(input.id, readMessage(event.data));
      } else {
        this.#hands.release(input.id);
      }
    }
    this.#changed(names);
  }

  #hear(source, said) {
    if (!said) return;
    if ("pedal" in said) this.#hands.pedal(source, said.pedal);
    else if (said.on) this.#hands.down(source, said.pitch, said.velocity);
    else this.#hands.up(source, said.pitch);
  }
}
