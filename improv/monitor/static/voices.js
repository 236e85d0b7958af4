// Two instruments made of oscillators: a felt piano for the player, an electric piano for improv.

const FASTEST = 0.003; // seconds: quicker attacks click

/** Hertz. */
export const frequencyOf = (pitch) => 440 * 2 ** ((pitch - 69) / 12);

/** How long a string of this pitch rings, in seconds: low ones long, high ones short. */
const ringOf = (pitch) => Math.max(0.5, 7 * 2 ** (-(pitch - 36) / 18));

const waves = new WeakMap();

/** Partials as of a struck string: softer the higher, the seventh nearly missing where the hammer strikes. */
function stringWave(context) {
  if (!waves.has(context)) {
    const partials = [0, 1, 0.52, 0.3, 0.2, 0.12, 0.07, 0.015, 0.03, 0.018, 0.01];
    const sines = new Float32Array(partials);
    waves.set(context, context.createPeriodicWave(new Float32Array(partials.length), sines));
  }
  return waves.get(context);
}

/** Loudness as it is heard, from a velocity. */
const gainOf = (velocity) => 0.04 + 0.3 * (velocity / 127) ** 1.6;

/** Two slightly mistuned strings behind a filter that closes as they fade. */
export function feltPiano(context, out, pitch, velocity, when) {
  const frequency = frequencyOf(pitch);
  const ring = ringOf(pitch);
  const force = velocity / 127;
  const body = new GainNode(context, { gain: 0 });
  const bright = frequency * (3 + 9 * force) + 400;
  const tone = new BiquadFilterNode(context, { type: "lowpass", frequency: Math.min(14000, bright), Q: 0.2 });
  tone.frequency.setTargetAtTime(Math.min(9000, frequency * 2.2 + 250), when + 0.01, ring * 0.3);
  const strings = [-2, 2].map((detune) => {
    return new OscillatorNode(context, { frequency, detune, periodicWave: stringWave(context) });
  });
  for (const string of strings) string.connect(tone);
  tone.connect(body).connect(out);
  const loud = gainOf(velocity) * 0.62;
  body.gain.setValueAtTime(0, when);
  body.gain.linearRampToValueAtTime(loud, when + FASTEST + 0.004 * (1 - force));
  body.gain.setTargetAtTime(loud * 0.42, when + 0.012, 0.14);
  body.gain.setTargetAtTime(0, when + 0.4, ring * 0.5);
  return { body, sources: strings, ring, release: 0.09 };
}

/** A tine that is struck: a sine that bends another, more so the harder it is hit, and a bell that fades at once. */
export function electricPiano(context, out, pitch, velocity, when) {
  const frequency = frequencyOf(pitch);
  const ring = ringOf(pitch);
  const force = velocity / 127;
  const body = new GainNode(context, { gain: 0 });
  const carrier = new OscillatorNode(context, { frequency, detune: 1.5 });
  const tine = new OscillatorNode(context, { frequency });
  const bend = new GainNode(context, { gain: frequency * (0.35 + 1.5 * force * force) });
  bend.gain.setTargetAtTime(frequency * 0.25, when, 0.25 + ring * 0.08);
  tine.connect(bend).connect(carrier.frequency);
  const bell = new OscillatorNode(context, { frequency: Math.min(12000, frequency * 7.02) });
  const strike = new GainNode(context, { gain: 0.12 * force });
  strike.gain.setTargetAtTime(0, when + 0.004, 0.05);
  carrier.connect(body);
  bell.connect(strike).connect(body);
  body.connect(out);
  const loud = gainOf(velocity) * 0.95;
  body.gain.setValueAtTime(0, when);
  body.gain.linearRampToValueAtTime(loud, when + FASTEST);
  body.gain.setTargetAtTime(loud * 0.5, when + 0.01, 0.25);
  body.gain.setTargetAtTime(0, when + 0.5, ring * 0.55);
  return { body, sources: [carrier, tine, bell], ring, release: 0.07 };
}
