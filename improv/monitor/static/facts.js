// What improv is doing, in words and numbers: they are read, not listened to, and written only where they change.

import { byId, write } from "./elements.js";
import { inMinutes } from "./wording.js";

const ms = (value) => (value === null || value === undefined ? "–" : `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`);

export class Facts {
  #tell;
  #doing = "";

  /** `tell` says a line to who cannot see. */
  constructor(tell) {
    this.#tell = tell;
  }

  /** True if what improv does has changed. */
  show(status) {
    const changed = this.doing(status.muted ? "muted" : status.answering ? "improv plays" : "listening");
    write(byId("fact-key"), status.key ?? "–");
    write(byId("fact-tempo"), status.tempo === null ? "free" : String(Math.round(status.tempo)));
    write(byId("fact-time"), status.time);
    write(byId("fact-reaction"), ms(status.reaction_ms));
    write(byId("fact-lateness"), ms(status.lateness_ms?.p99));
    write(byId("fact-in-time"), status.in_time === null ? "–" : `${Math.floor(100 * status.in_time)} %`);
    write(byId("fact-heard"), String(status.heard));
    write(byId("fact-played"), String(status.played));
    write(byId("fact-session"), inMinutes(status.session_seconds));
    byId("mute").setAttribute("aria-pressed", status.muted);
    byId("freeze").setAttribute("aria-pressed", status.frozen);
    byId("take").setAttribute("aria-pressed", status.answering);
    document.body.classList.toggle("recording", status.recording);
    byId("record").setAttribute("aria-pressed", status.recording);
    return changed;
  }

  /** How much of what improv thinks comes from the session memory, 0 to 1. */
  memory(share) {
    write(byId("fact-memory"), `${Math.round(100 * share)} %`);
    byId("memory-bar").value = share;
  }

  /** The one word for what is going on; true if it is another than before. */
  doing(what) {
    if (what === this.#doing) return false;
    this.#doing = what;
    const pill = byId("doing");
    write(pill, what);
    pill.dataset.doing = what;
    this.#tell(what);
    return true;
  }
}
