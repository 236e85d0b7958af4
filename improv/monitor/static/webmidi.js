// Keyboards plugged into the computer that shows the page, through WebMIDI.

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const CONTROL = 0xb0;
const PROGRAM = 0xc0;
const SUSTAIN = 64;
const PAUSE_MS = 20; // between two values of one controller: a wheel says more than anyone needs

/** What a message says: {on, pitch, velocity}, {pedal}, {control, value}, {program} or null. Pure. */
export function readMessage([status, first, second]) {
  const kind = status & 0xf0;
  if (kind === NOTE_ON && second > 0) return { on: true, pitch: first, velocity: second };
  if (kind === NOTE_ON || kind === NOTE_OFF) return { on: false, pitch: first };
  if (kind === CONTROL && first === SUSTAIN) return { pedal: second >= 64 };
  if (kind === CONTROL) return { control: first, value: second };
  if (kind === PROGRAM) return { program: first };
  return null;
}

export class WebMidi {
  #hands;
  #send;
  #changed;
  #access = null;
  #turning = new Map(); // controller -> its newest value, sent when the pause is over; undefined if that is sent

  /** `send` takes a message; `changed` is given the names of the keyboards that are heard. */
  constructor(hands, send, changed) {
    this.#hands = hands;
    this.#send = send;
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
    if ("control" in said) this.#turn(said);
    else if ("program" in said) this.#send({ type: "program", ...said });
    else if ("pedal" in said) this.#hands.pedal(source, said.pedal);
    else if (said.on) this.#hands.down(source, said.pitch, said.velocity);
    else this.#hands.up(source, said.pitch);
  }
  #turn({ control, value }) {
    const turning = this.#turning.has(control);
    this.#turning.set(control, turning ? value : undefined);
    if (turning) return;
    this.#send({ type: "control", control, value });
    const pause = () => {
      const newest = this.#turning.get(control);
      this.#turning.delete(control);
      if (newest !== undefined) this.#turn({ control, value: newest });
    };
    setTimeout(pause, PAUSE_MS);
  }
}
