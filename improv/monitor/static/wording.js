// How a setting's value reads, and where its control stands. What is not named here has a place and words all the same.

import { nameOf } from "./pitches.js";

/** Where controls stand: [heading, open at first, names]. */
export const GROUPS = [
  ["Character", true, ["temperature", "top_p", "density", "register", "loudness", "role", "voices"]],
  ["Memory and harmony", true, ["memory_weight", "listens_to_itself", "key", "key_strength", "shy"]],
  ["Time", false, ["sync", "tempo", "meter", "grid", "grid_strength", "swing", "trade"]],
  ["Range and hands", false, ["low", "high", "polyphony", "pedal", "take_by"]],
];
export const REST = "More";

/** Whether a control means anything as things are set. */
const MEANS = {
  role: ({ mode }) => mode === "accompany",
  voices: ({ mode }) => mode === "harmonize",
  tempo: ({ sync }) => sync === "send",
  ...Object.fromEntries(["meter", "grid", "grid_strength", "swing", "trade"].map((name) => [name, ({ sync }) => sync !== "free"])),
};
export const means = (name, settings) => MEANS[name]?.(settings) ?? true;

/** What a control's choices are called, where their own names say too little. */
export const CHOICES = { sync: { free: "free", clock: "follow a clock", send: "lead the beat" } };

/** Whose time it is, in a sentence; `clock` is what a clock does that is followed. */
export const timeInWords = ({ sync, tempo }, clock) => ({
  free: "Free time. Tap a tempo, and improv leads: three taps begin.",
  clock: `The tempo is that of the MIDI clock that comes in (${clock || "none so far"}).`,
  send: `improv leads, ${Math.round(tempo)} a minute, and sends that as a MIDI clock. Taps change it.`,
})[sync] ?? "";

const percent = (value) => `${Math.round(100 * value)} %`;
const times = (value) => `× ${value.toFixed(2)}`;
const WORDS = {
  temperature: times,
  loudness: times,
  top_p: percent,
  memory_weight: percent,
  listens_to_itself: percent,
  key_strength: percent,
  grid_strength: percent,
  swing: percent,
  shy: (value) => (value === 0 ? "off" : percent(value)),
  density: (value) => (value === 0 ? "as it comes" : `${value.toFixed(1)} a second`),
  register: (value) => (value === 0 ? "as it comes" : `around ${nameOf(Math.round(value))}`),
  low: nameOf,
  high: nameOf,
  tempo: (value) => `${Math.round(value)} a minute`,
  trade: (value) => (value === 0 ? "off" : `${value} bars`),
};

/** A value in words. */
export function inWords(name, value) {
  if (typeof value !== "number") return String(value);
  return WORDS[name]?.(value) ?? String(Math.round(1000 * value) / 1000);
}

/** 3725 seconds are "1:02:05". */
export function inMinutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
