// The sessions that were recorded: listed, played back, downloaded.

import { byId, make, write } from "./elements.js";
import { pathTo } from "./link.js";
import { inMinutes } from "./wording.js";

const SHOWN = 200; // the newest

export class Sessions {
  #dialog = byId("sessions");
  #playback;
  #tell;
  #button = null; // of the session that is played

  constructor(playback, tell) {
    this.#playback = playback;
    this.#tell = tell;
    byId("open-sessions").addEventListener("click", () => this.#open());
    byId("close-sessions").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#dialog.close());
  }

  /** To be called when playing back has ended. */
  ended() {
    this.#button?.setAttribute("aria-pressed", "false");
    if (this.#button) write(this.#button, "Play");
    this.#button = null;
  }

  async #open() {
    this.#dialog.showModal();
    const list = byId("session-list");
    try {
      const answer = await fetch(pathTo("/sessions"));
      if (!answer.ok) throw new Error(answer.statusText);
      const sessions = await answer.json();
      const rows = sessions.slice(0, SHOWN).map((session) => this.#row(session));
      list.replaceChildren(...rows);
      byId("no-sessions").hidden = rows.length > 0;
    } catch {
      list.replaceChildren(make("li", { text: "improv cannot be reached now." }));
    }
  }

  #row({ name, began, seconds, heard, played }) {
    const when = new Date(typeof began === "number" ? 1000 * began : began);
    const said = Number.isNaN(when.valueOf()) ? name : when.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const play = make("button", { type: "button", text: "Play", "aria-pressed": "false", "aria-label": `Play ${said}` });
    play.addEventListener("click", () => this.#play(name, said, play));
    const file = encodeURIComponent(name);
    return make("li", {},
      make("div", { class: "when" }, make("strong", { text: said }),
        make("span", { class: "soft", text: `${inMinutes(seconds)} · you ${heard} · improv ${played}` })),
      play,
      make("a", { class: "button", href: pathTo(`/sessions/${file}.mid`), download: `${name}.mid`, text: "MIDI file", "aria-label": `Download ${said} as a MIDI file` }));
  }

  async #play(name, said, button) {
    const same = this.#button === button;
    this.#playback.stop();
    if (same) return;
    const answer = await fetch(pathTo(`/sessions/${encodeURIComponent(name)}.json`));
    if (!answer.ok) {
      this.#tell("That session cannot be read.");
      return;
    }
    const found = await answer.json();
    this.#button = button;
    button.setAttribute("aria-pressed", "true");
    write(button, "Stop");
    this.#tell(`Playing ${said}`);
    this.#playback.play(found.notes ?? found);
    if (!this.#playback.playing) this.ended();
  }
}
