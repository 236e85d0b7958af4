// Buttons that are gestures: what they do begins when they are pressed, and some last while they are held.

/** Sends {move, down} as `button` goes down and up, by pointer or by keyboard. */
export function gesture(button, send) {
  const move = button.dataset.move;
  let isDown = false;
  let pressed = false; // by a pointer or a key, whose click is still to come
  const set = (down) => {
    if (down === isDown) return;
    isDown = down;
    button.classList.toggle("down", down);
    send({ move, down });
  };
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    pressed = true;
    set(true);
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) button.addEventListener(end, () => set(false));
  const isPress = (event) => event.key === "Enter" || event.key === " ";
  button.addEventListener("keydown", (event) => {
    if (!isPress(event) || event.repeat) return;
    pressed = true;
    set(true);
  });
  button.addEventListener("keyup", (event) => isPress(event) && set(false));
  button.addEventListener("click", () => {
    // A screen reader or a voice command clicks without pointer and key.
    if (!pressed) {
      set(true);
      set(false);
    }
    pressed = false;
  });
}

/** Calls `panic` at the space bar, but where the focus is on what the space bar presses. */
export function panicBySpace(panic) {
  addEventListener("keydown", (event) => {
    if (event.key !== " " || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("button, select, summary, a, [type=checkbox], [type=radio], [type=text]")) return;
    event.preventDefault();
    panic();
  });
  // Whoever clicks wants the space bar for panic and letters for music afterwards; whoever tabs keeps the focus.
  let byPointer = false;
  addEventListener("pointerdown", () => (byPointer = true), true);
  addEventListener("keydown", (event) => (byPointer = byPointer && event.key !== "Tab"), true);
  const letGo = (event) => {
    if (!byPointer || !event.target.closest("button, summary, select, label, [type=checkbox], [type=radio]")) return;
    if (!document.activeElement?.closest("dialog")) document.activeElement?.blur();
  };
  addEventListener("click", (event) => event.detail > 0 && !event.target.matches("select") && letGo(event));
  addEventListener("change", letGo);
}
