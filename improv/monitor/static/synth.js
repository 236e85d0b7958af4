// What is heard from the page: two voices panned apart, a little room. A key is heard as soon as the device permits.

import { electricPiano, feltPiano } from "./voices.js";

const INSTRUMENTS = { player: feltPiano, improv: electricPiano };
const PLACES = { player: -0.28, improv: 0.28 };
const DELAYS = { player: 0, improv: 0.006 }; // seconds a DynamicsCompressorNode looks ahead
const MOST = 40; // notes that sound at once: beyond them the oldest gives way
const ROOM_SECONDS = 1.5;
const FADE = 0.015;
const WAKING_MS = 500;
// The least that the device can do; a phone's processor has to have some more, or it crackles.
const BUFFER = matchMedia("(pointer: coarse)").matches ? "interactive" : 0;
const HALF = 0.5; // before what bends, which knows twice full scale
const CLEAN = 0.7; // of full scale: what is louder is bent, not cut

export class Synth {
  #context = null;
  #seats = {};
  #master = null;
  #meter = null;
  #samples = null;
  #sounding = new Map(); // who + pitch -> note
  #pedals = { player: false, improv: false };
  #volume = 0.8;
  #wokenAt = -Infinity;

  /** Browsers let sound begin only at a gesture: call this from one, as often as you like. */
  wake() {
    if (!this.#context) this.#build();
    if (this.#context.state !== "suspended") return;
    this.#wokenAt = performance.now();
    this.#context.resume();
  }

  /** True while it sounds, and for the moment that waking takes: the very first note is not to be lost. */
  get awake() {
    if (!this.#context) return false;
    return this.#context.state === "running" || performance.now() - this.#wokenAt < WAKING_MS;
  }

  /** The audio clock's moment, in seconds. */
  get now() {
    return this.#context?.currentTime ?? 0;
  }

  set volume(share) {
    this.#volume = share;
    this.#master?.gain.setTargetAtTime(HALF * share * share, this.#context.currentTime, FADE);
  }

  /** How loud the output is at this moment: the root mean square of the last samples. */
  get level() {
    if (!this.#meter) return 0;
    this.#meter.getFloatTimeDomainData(this.#samples);
    return Math.sqrt(this.#samples.reduce((sum, sample) => sum + sample * sample, 0) / this.#samples.length);
  }

  /** Begins a note of `who`, so many seconds from now. */
  begin(who, pitch, velocity, ahead = 0) {
    if (!this.awake) return;
    const when = this.#context.currentTime + Math.max(0, ahead - DELAYS[who]);
    const key = who + pitch;
    this.#finish(key, when, FADE);
    if (this.#sounding.size >= MOST) this.#finish(this.#sounding.keys().next().value, when, FADE);
    const note = INSTRUMENTS[who](this.#context, this.#seats[who], pitch, velocity, when);
    for (const source of note.sources) source.start(when);
    note.key = key;
    note.who = who;
    note.up = false;
    note.sources[0].onended = () => {
      note.body.disconnect();
      if (this.#sounding.get(key) === note) this.#sounding.delete(key);
    };
    for (const source of note.sources) source.stop(when + 0.5 + note.ring * 3.5);
    this.#sounding.set(key, note);
  }

  /** Ends a note so many seconds from now, or when the pedal is lifted. */
  end(who, pitch, ahead = 0) {
    const note = this.#sounding.get(who + pitch);
    if (!note) return;
    note.up = true;
    if (!this.#pedals[who]) this.#finish(note.key, this.#context.currentTime + Math.max(0, ahead - DELAYS[who]), note.release);
  }

  pedal(who, down) {
    this.#pedals[who] = down;
    if (down || !this.#context) return;
    for (const note of [...this.#sounding.values()]) {
      if (note.who === who && note.up) this.#finish(note.key, this.#context.currentTime, note.release);
    }
  }

  /** Ends all notes of `who`, or of both, at once. */
  silence(who = null) {
    for (const note of [...this.#sounding.values()]) {
      if (who === null || note.who === who) this.#finish(note.key, this.#context.currentTime, FADE);
    }
  }

  #finish(key, when, release) {
    const note = this.#sounding.get(key);
    if (!note) return;
    this.#sounding.delete(key);
    const gain = note.body.gain;
    if (gain.cancelAndHoldAtTime) gain.cancelAndHoldAtTime(when);
    else gain.cancelScheduledValues(when);
    gain.setTargetAtTime(0, when, release);
    for (const source of note.sources) source.stop(when + release * 8);
  }

  #build() {
    const context = new AudioContext({ latencyHint: BUFFER });
    this.#context = context;
    this.#master = new GainNode(context, { gain: HALF * this.#volume ** 2 });
    this.#meter = new AnalyserNode(context, { fftSize: 2048 });
    this.#samples = new Float32Array(this.#meter.fftSize);
    const bend = new WaveShaperNode(context, { curve: bent() });
    this.#master.connect(bend).connect(this.#meter).connect(context.destination);
    const limiter = new DynamicsCompressorNode(context, {
      threshold: -9, knee: 6, ratio: 16, attack: 0.002, release: 0.12,
    });
    limiter.connect(this.#master);
    const room = new ConvolverNode(context, { buffer: roomSound(context) });
    room.connect(new GainNode(context, { gain: 0.16 })).connect(limiter);
    for (const who of Object.keys(INSTRUMENTS)) {
      const seat = new StereoPannerNode(context, { pan: PLACES[who] });
      seat.connect(who === "improv" ? limiter : this.#master);
      seat.connect(room);
      this.#seats[who] = seat;
    }
  }
}

/** As it comes up to CLEAN, from there on ever nearer to full scale; from twice full scale down to twice that up. */
function bent() {
  const one = (value) => {
    const size = Math.abs(value);
    const less = CLEAN + (1 - CLEAN) * Math.tanh((size - CLEAN) / (1 - CLEAN));
    return Math.sign(value) * (size < CLEAN ? size : less);
  };
  return Float32Array.from({ length: 2049 }, (_, at) => one((at / 1024 - 1) / HALF));
}

/** The answer of a small room to a clap: noise that dies away and grows duller. */
function roomSound(context) {
  const length = Math.floor(ROOM_SECONDS * context.sampleRate);
  const buffer = context.createBuffer(2, length, context.sampleRate);
  for (let channel = 0; channel < 2; channel += 1) {
    const samples = buffer.getChannelData(channel);
    let dull = 0;
    for (let index = 0; index < length; index += 1) {
      const gone = index / length;
      dull += (Math.random() * 2 - 1 - dull) * (0.7 - 0.55 * gone);
      samples[index] = dull * (1 - gone) ** 3;
    }
  }
  return buffer;
}
