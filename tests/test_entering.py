"""In free time improv comes in on the player's beat where it is sure of one, and is quantised in nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from improv.beatfinder import SURE, BeatFinder
from improv.encoding import IOI, Encoding
from improv.events import Gesture, Heard, Move, NoteOn, Turned
from improv.modes.writing import FIRST_EARLIEST, FIRST_LATEST
from improv.panel import Panel
from improv.settings import Settings
from improv.turntaking import TurnTaking
from tests.clockwork import host
from tests.score import perform, played, together
from tests.test_answer import onsets, table

BEAT = 0.5
#: Quarters and eighths, with chords on the first and third beats, for four bars; then one chord.
PLACES = [4 * bar + place for bar in range(4) for place in (0, 0, 1, 1.5, 2, 2, 3, 3.5)] + [16, 16]
LAST = 16 * BEAT
#: The table alone, and few drafts of its answers.
PLAIN = {"memory": "off", "drafts": 2}


def groove() -> list[list[float]]:
    return [[place * BEAT, 60 + index % 2 * 7, 0.2] for index, place in enumerate(PLACES)]


def off(moment: float) -> float:
    """Seconds from the nearest beat."""
    return abs((moment + BEAT / 2) % BEAT - BEAT / 2)


@pytest.mark.parametrize("beat", [0.36, 0.45])
def test_even_quarters_are_answered_on_the_next_of_them(beat: float) -> None:
    quarters = [[index * beat, 60 + index % 2 * 7, 0.1] for index in range(16)]
    first = answered(played(*quarters))[0]
    assert abs((first + beat / 2) % beat - beat / 2) < 0.03


def answered(events: list[Heard], **settings: object) -> list[float]:
    """The answer's onsets, after the last that was played."""
    last = max(event.at for event in events if isinstance(event, NoteOn))
    begun = [at for at in onsets(perform(events, table(), **PLAIN, **settings).improv) if at > last]
    assert begun
    return begun


def undecided(**settings: object) -> float:
    """When an answer to the groove would be due if nobody knew of beats."""
    onsets_alone = [note[0] for note in groove()]
    turns = TurnTaking(Panel(Settings(**settings)), onsets_alone)
    due = turns.due(onsets_alone[-1] + 0.2)
    assert due is not None
    return due


def test_the_groove_has_a_beat_and_the_answer_comes_in_on_the_first_after_it_is_due() -> None:
    first = answered(played(*groove()))[0]
    assert off(first) < 0.02
    assert undecided() + FIRST_EARLIEST <= first <= undecided() + BEAT + FIRST_LATEST


@pytest.mark.parametrize("gap_min", [0.4, 0.5, 0.6, 0.7, 0.8])
def test_however_long_the_silence_it_is_a_beat(gap_min: float) -> None:
    assert off(answered(played(*groove()), gap_min=gap_min, gap_max=gap_min)[0]) < 0.025


def test_of_an_answer_only_the_first_note_is_on_the_beat_and_the_rest_are_as_the_model_draws_them() -> None:
    begun = answered(played(*groove()))
    assert np.diff(begun) == pytest.approx(np.diff(begun)[0], abs=1e-3), "the table's quarter second, as its bin has it"
    assert np.diff(begun)[0] != pytest.approx(0.25, abs=1e-4)


def loose(seed: int) -> list[list[float]]:
    """As many notes at no beat's intervals."""
    waits = np.random.default_rng(seed).exponential(0.3, 40) + 0.05
    return [[at, 60 + index % 5, 0.05] for index, at in enumerate(np.cumsum(waits).tolist())]


def test_below_its_confidence_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    unsure = [seed for seed in range(5) if sureness(loose(seed)) < SURE]
    assert len(unsure) >= 4
    found = [answered(played(*loose(seed))) for seed in unsure]
    monkeypatch.setattr(BeatFinder, "next_beat", lambda *_: None)
    assert found == [answered(played(*loose(seed))) for seed in unsure], "as if nobody looked for a beat"


def sureness(notes: list[list[float]]) -> float:
    """The most it is ever sure of a beat in the seconds after these notes."""
    finder = BeatFinder()
    for onset, _, _ in notes:
        finder.hear(onset)
    offers = [finder.next_beat(notes[-1][0] + wait) for wait in np.arange(0.05, 3.0, 0.05)]
    return max(offer[1] for offer in offers if offer is not None)


def test_who_plays_on_before_the_beat_has_just_not_finished() -> None:
    due, beat = undecided(), answered(played(*groove()))[0]
    events = played(*groove(), [(due + beat) / 2, 64, 0.1])
    result = perform(events, table(), **PLAIN)
    assert result.status.false_turns == 0
    assert min(at for at in onsets(result.improv) if at > due) > (due + beat) / 2 + 0.3


def test_an_answer_that_is_asked_for_waits_for_no_beat() -> None:
    taken = [Gesture(LAST + 0.33, Move.TAKE)]
    first = answered(together(played(*groove()), taken))[0]
    assert LAST + 0.33 + FIRST_EARLIEST <= first <= LAST + 0.33 + FIRST_LATEST + 0.05


def test_beside_a_clock_the_clock_has_the_beat() -> None:
    """The host's beat is another, and lies elsewhere."""
    events = together(host(30.0, tempo=100.0, at=0.21), played(*groove()))
    first = answered(events, sync="clock", grid="16")[0]
    assert (first - 0.21) / 0.15 == pytest.approx(round((first - 0.21) / 0.15), abs=0.02)
    assert off(first) > 0.02


def test_continue_takes_over_on_the_beat() -> None:
    model = table()
    slow = Encoding().ioi_bin(0.63)
    model.tables[IOI] = {slow: 1e6}  # so late is late: between two beats
    begun = [at for at in onsets(perform(played(*groove()), model, mode="continue", **PLAIN).improv) if at > LAST]
    assert off(begun[0]) < 0.02 and begun[0] == pytest.approx(LAST + 1.0, abs=0.03)


def test_continue_without_a_beat_takes_over_within_a_tenth_of_a_second() -> None:
    model = table()
    model.tables[IOI] = {Encoding().ioi_bin(0.63): 1e6}
    even = [[index * 0.25, 60, 0.125] for index in range(9)]
    begun = [at for at in onsets(perform(played(*even), model, mode="continue", **PLAIN).improv) if at > 2.0]
    assert 2.0 + 0.6 <= begun[0] <= 2.0 + 0.63 + 0.15


def test_a_solo_after_playing_together_begins_on_the_beat() -> None:
    model = table()
    model.tables[IOI] = {Encoding().ioi_bin(0.41): 1e6}  # by itself it would come in between two beats
    events = together(played(*groove()), [Turned(LAST + 0.3, "mode", "solo")])
    begun = [at for at in onsets(perform(events, model, **PLAIN).improv) if at > LAST]
    assert off(begun[0]) < 0.02
