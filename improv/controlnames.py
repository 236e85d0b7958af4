"""What can be bound to a knob, pad, pedal or key: names and meanings, and the kind of setting a binding is."""

from __future__ import annotations

from dataclasses import dataclass

from improv.settingkinds import Text, Value

#: Each by its key in [controls].
CONTROLS = {
    "mode": "Chooses the mode: each has its part of a controller's range, and its program; a note chooses the next",
    "temperature": "Turns the temperature, from half to twice",
    "top_p": "Turns top_p, from 0.3 to 1",
    "density": "Turns the density; at 0 notes are as they come",
    "register": "Turns the register: the value is the mean pitch; at 0 it is as it comes",
    "loudness": "Turns the loudness beside yours, from half to twice",
    "listens_to_itself": "Turns how much improv listens to itself",
    "memory_weight": "Turns how much it may lean on what you played",
    "key": "Chooses the key: off, the one you play in, or that held from now on; a note chooses the next of them",
    "key_strength": "Turns how strongly it keeps to the key",
    "take": "Gesture: take it now, and give it back (see take_by)",
    "finish": "Gesture: end the phrase well, then rest",
    "repeat": "Gesture: play your last answer again",
    "freeze": "Gesture: learn no more of what I play; once more: learn again",
    "forget": "Gesture: forget what you have learned",
    "mute": "Gesture: be silent, and listen; once more: play again",
    "panic": "Gesture: all notes off, at once",
    "tap": "Gesture: a beat; three of them set the tempo of the clock that it sends, and in free time begin it",
}


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding: what moves, on which channel. `sent` if improv sends it: then it can only be a controller."""

    sent: bool = False
    metavar: str = "CONTROL"

    @property
    def accepted(self) -> str:
        """The forms of a binding."""
        forms = '"cc 20"' if self.sent else '"cc 20", "note 36", "program"'
        return f'"", or a control such as {forms}, "cc 20 channel 10"'

    def check(self, raw: object) -> Value:
        """The text itself."""
        from improv.controls import read_binding

        found = read_binding(raw)
        if self.sent and found is not None and found.kind != "cc":
            raise ValueError(raw)
        return str(raw)

    def parse(self, text: str) -> object:
        """The text itself."""
        return text

    def show(self, value: Value) -> str:
        """The text in quotes."""
        return Text().show(value)
