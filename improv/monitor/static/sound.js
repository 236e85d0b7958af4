// The page's sound: on or off, how loud, and the keyboards that are heard through the browser.

import { byId, write } from "./elements.js";
import { WebMidi } from "./webmidi.js";

/** Wires the section "Sound"; `say` shows a line. */
export function soundControls(synth, hearing, webmidi, say) {
  const volume = byId("volume");
  const turn = () => {
    synth.volume = volume.valueAsNumber;
    write(byId("volume-says"), `${Math.round(100 * volume.valueAsNumber)} %`);
    volume.style.setProperty("--share", `${100 * volume.valueAsNumber}%`);
  };
  volume.addEventListener("input", turn);
  turn();
  let chosen = false; // once the switch was touched here, nothing else moves it
  const sounding = (on) => {
    byId("sound").checked = on;
    hearing.on = on;
    if (!on) synth.silence();
  };
  byId("sound").addEventListener("change", () => {
    chosen = true;
    sounding(byId("sound").checked);
  });
  const listen = async () => {
    try {
      await webmidi.listen();
    } catch {
      say("This browser was not allowed to use MIDI keyboards; its site settings can change that.");
    }
  };
  byId("webmidi-row").hidden = !WebMidi.offered;
  byId("webmidi").addEventListener("click", listen);
  return {
    /** With a DAW or synth at improv's port the page is silent, unless it is asked to sound. */
    alone(isAlone) {
      if (!chosen) sounding(isAlone);
      if (isAlone) WebMidi.allowed().then((allowed) => allowed && listen());
    },
    keyboards(names) {
      byId("webmidi-row").hidden = names.length > 0;
      write(byId("webmidi-says"), names.length ? `Hears ${names.join(", ")}.` : "No MIDI keyboard is plugged in here.");
    },
  };
}
