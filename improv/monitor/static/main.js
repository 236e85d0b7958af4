// Puts the page together: what comes from improv goes to what shows it, what is done here goes to improv.

import { Bindings } from "./bindings.js";
import { EngineClock } from "./clock.js";
import { Context } from "./context.js";
import { Controls } from "./controls.js";
import { Devices } from "./devices.js";
import { byId, write } from "./elements.js";
import { Facts } from "./facts.js";
import { gesture, panicBySpace } from "./gestures.js";
import { Hands } from "./hands.js";
import { Hearing } from "./hearing.js";
import { Keys } from "./keys.js";
import { Link, pathTo } from "./link.js";
import { Modes } from "./modes.js";
import { Piano } from "./piano.js";
import { nameOf } from "./pitches.js";
import { Playback } from "./playback.js";
import { Roll } from "./roll.js";
import { Score } from "./score.js";
import { Sessions } from "./sessions.js";
import { soundControls } from "./sound.js";
import { Stage } from "./stage.js";
import { Strip } from "./strip.js";
import { Synth } from "./synth.js";
import { Teller } from "./teller.js";
import { themed } from "./theme.js";
import { printedOn, Typing } from "./typing.js";
import { WebMidi } from "./webmidi.js";
import { timeInWords } from "./wording.js";

const SAID_MS = 6000;
const AWAY_MS = 1500; // so long improv may be away before anybody is told
const AWAY = "improv has ended, or cannot be reached. Start it again: this page comes back by itself.";
const NARROWEST_FOR = { coarse: 25, fine: 21 }; // pixels, a white key under a finger and under a mouse

/** The parts that hold something: for whoever looks into the page, as its tests do. */
export { clock, hands, hear, score, synth };

const clock = new EngineClock();
const score = new Score();
const teller = new Teller(byId("live"));
const tell = (text) => teller.tell(text);
const facts = new Facts(tell);
const synth = new Synth();
const hearing = new Hearing(synth, clock);
const stage = new Stage(byId("canvas"), clock);
const context = new Context();
const strip = new Strip();
const hands = new Hands(play);
const keys = new Keys(score, hands);
const link = new Link(hear, reached);

const send = (message) => link.send(message);
const set = ({ name, value }) => send({ type: "set", name, value });
const choose = (choice) => send({ type: "choose", ...choice });
const bindings = new Bindings(byId("bindings"), send, say);
const controls = new Controls(byId("controls"), set, bindings);
const modes = new Modes(byId("modes"), byId("mode-says"), set);
const devices = new Devices(choose);
const playback = new Playback(synth, score, clock, () => sessions.ended());
const sessions = new Sessions(playback, tell);
const typing = new Typing(hands, shifted);
const piano = new Piano(byId("piano"), keys, hands, tell, () => stage.touch());
let settings = {};
let clockSays = ""; // what the clock does that improv follows
let sounds = true; // this page, what improv plays
let saidTimer = null;
let awayTimer = null;

function play(note) {
  stage.touch();
  if ("pedal" in note) {
    synth.pedal("player", note.pedal);
    send({ type: "pedal", down: note.pedal });
    return;
  }
  synth.wake();
  hearing.played(note, send({ type: "note", ...note }));
  byId("hint").hidden = true;
}

function panic() {
  hands.release();
  typing.release();
  piano.release();
  playback.stop();
  synth.silence();
  send({ type: "gesture", move: "panic", down: true });
  send({ type: "gesture", move: "panic", down: false });
  tell("All notes off");
}

const heard = {
  hello(message) {
    clock.guess(message.now);
    modes.build(message.modes);
    bindings.build(message.learnable);
    controls.build(message.controls.filter(({ name }) => name !== "mode"));
    devices.models(message.model, message.models);
    sounds = message.alone;
    this.settings(message);
    sound.alone(message.alone);
    byId("controls").removeAttribute("aria-busy");
  },
  settings(message) {
    const before = settings;
    settings = { ...settings, ...message.settings };
    modes.show(settings.mode);
    controls.show(settings);
    sayTime();
    if (before.sync === "free" && settings.sync === "send") say(timeInWords(settings));
  },
  notes({ events }) {
    for (const event of events) {
      score.hear(event);
      hearing.reported(event);
    }
    byId("hint").hidden = true;
  },
  silence({ at }) {
    score.silence(at, "improv");
    score.plan = [];
    synth.silence("improv");
  },
  plan({ notes }) {
    score.plan = notes;
  },
  context({ notes }) {
    context.show(notes);
  },
  thinking({ pitch, memory }) {
    keys.think(pitch);
    facts.memory(memory);
  },
  status(message) {
    clock.guess(message.now);
    // Not at each note: whoever reads with a screen reader would never come to its end.
    if (facts.show(message)) byId("context").setAttribute("aria-label", context.spoken);
    strip.show(message.latest_ms);
    score.pulse = message.pulse;
    clockSays = message.time;
    sayTime();
  },
  ports({ ports }) {
    devices.show(ports, sounds);
  },
  bindings(message) {
    bindings.show(message);
  },
  said({ text }) {
    say(text);
  },
  refused({ text }) {
    say(text);
  },
  pong(message) {
    clock.pong(message);
  },
};

function hear(message) {
  heard[message.type]?.(message);
  stage.touch();
}

function reached(state) {
  score.silence(clock.now);
  score.plan = [];
  synth.silence();
  document.body.dataset.link = state;
  clearTimeout(awayTimer);
  if (state === "open") {
    if (byId("said").textContent === AWAY) say("");
    clock.start(send);
    facts.doing("listening");
  } else {
    clock.stop();
    awayTimer = setTimeout(() => say(AWAY, true), AWAY_MS);
    facts.doing("not connected");
  }
  stage.touch();
}

/** Whose time it is, beside the controls of time. */
function sayTime() {
  const says = byId("time-says");
  if (says) write(says, timeInWords(settings, clockSays));
}

/** Shows a line for a while, or until there is another where it `stays`; an empty one ends that. */
function say(text, stays = false) {
  clearTimeout(saidTimer);
  byId("said").hidden = !text;
  if (!text) return;
  write(byId("said"), text);
  tell(text);
  if (!stays) saidTimer = setTimeout(() => (byId("said").hidden = true), SAID_MS);
}

function shifted() {
  keys.base = typing.base;
  write(byId("octave"), nameOf(typing.base));
  tell(`Octave from ${nameOf(typing.base)}, loudness ${typing.velocity}`);
  stage.touch();
}

const sound = soundControls(synth, hearing, new WebMidi(hands, send, (names) => sound.keyboards(names)), say);

stage.add(byId("roll"), new Roll(score));
stage.add(byId("context"), context);
stage.add(byId("strip"), strip);
stage.add(byId("piano"), keys);
themed(byId("theme"), () => stage.repaint());
const coarse = matchMedia("(pointer: coarse), (max-width: 640px)");
const fit = () => {
  keys.narrowest = coarse.matches ? NARROWEST_FOR.coarse : NARROWEST_FOR.fine;
  keys.lettered = !matchMedia("(hover: none)").matches;
  stage.touch();
};
coarse.addEventListener("change", fit);
fit();
printedOn().then((letters) => {
  keys.letters = letters;
  stage.touch();
});

byId("octave-down").addEventListener("click", () => typing.shiftOctave(-1));
byId("octave-up").addEventListener("click", () => typing.shiftOctave(1));
byId("sustain").addEventListener("click", ({ currentTarget: button }) => {
  const down = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", down);
  hands.pedal("button", down);
});
byId("record").addEventListener("click", () => choose({ recording: !document.body.classList.contains("recording") }));
byId("download").href = pathTo("/session.mid");
for (const button of document.querySelectorAll(".gestures [data-move]")) {
  gesture(button, (move) => send({ type: "gesture", ...move }));
}
byId("panic").addEventListener("click", panic);
panicBySpace(panic);
for (const first of ["pointerdown", "keydown"]) addEventListener(first, () => synth.wake(), { capture: true });
addEventListener("pagehide", () => hands.release());
link.open();
