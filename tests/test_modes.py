"""Playing together, as scores: every mode under the simulated clock, with a table for a model."""

from __future__ import annotations

import numpy as np
import pytest

from improv.encoding import DURATION, IOI, PART, PITCH, VELOCITY, Encoding
from improv.events import Heard, NoteOn, Prompt, Turned
from improv.jam import jam
from improv.listener import notes_in
from improv.modes import MODES
from improv.notes import Part
from improv.plan import PlannedNote
from improv.recall import Remembrance
from improv.settings import Settings
from tests.clockwork import host
from tests.score import perform, played, together, transcript
from tests.table_model import TableModel

ENCODING = Encoding()
QUARTER = ENCODING.ioi_bin(0.25)
PHRASE = [[index / 4, pitch, 0.1875] for index, pitch in enumerate((72, 74, 76, 77, 79, 77, 76, 74))]


def table(**more: dict[int, float]) -> TableModel:
    """Every quarter second something: the lead's note, and below it the other's, half as long."""
    fields = {
        PART: {Part.LEAD: 1.0, Part.ACCOMPANIMENT: 1.0, Part.UNSPLIT: 1.0},
        IOI: {QUARTER: 1.0},
        PITCH: {60: 1e3},
        VELOCITY: {ENCODING.velocity_bin(64): 1e6},
        DURATION: {ENCODING.duration_bin(0.125): 1e6},
    }
    named = {"part": PART, "ioi": IOI, "pitch": PITCH}
    return TableModel({**fields, **{named[name]: found for name, found in more.items()}})


def onsets(events) -> list[float]:
    return [event.at for event in events if isinstance(event, NoteOn)]


def test_accompany_strikes_with_the_player_once_it_has_heard_a_few_notes_and_ends_on_a_note_that_rings() -> None:
    result = perform(played(*PHRASE), table(), mode="accompany")
    begun, last_release = onsets(result.improv), 1.75 + 0.1875
    assert begun[0] >= 0.5, "three notes first"
    joined = [at for _, at in enumerate(begun) if min(abs(at - index / 4) for index in range(8)) <= 0.03]
    assert len(joined) >= 5
    assert last_release + 0.5 <= begun[-1] <= last_release + 2.0
    assert result.improv[-1].at - begun[-1] == pytest.approx(2.5), "it rings"
    assert not result.status.answering


def test_accompany_is_told_who_plays_what() -> None:
    model = table()
    perform(played(*PHRASE), model, mode="accompany")
    assert {int(part) for part in model.fed[-1][0][:, PART]} <= {Part.LEAD, Part.ACCOMPANIMENT}
    model = table()
    perform(played(*PHRASE), model, mode="accompany", role="lead")
    assert set(model.fed[0][0][:, PART].tolist()) == {Part.ACCOMPANIMENT}


class Duo(TableModel):
    """The lead comes every quarter, and the accompaniment strikes with it."""

    def step(self, rows, dials, state, how):
        lead = int(rows[0, -1, PART]) == Part.LEAD
        self.tables[PART] = {Part.ACCOMPANIMENT if lead else Part.LEAD: 1.0}
        self.tables[IOI] = {0 if lead else QUARTER: 1.0}
        return super().step(rows, dials, state, how)


def test_what_the_player_does_early_or_late_is_met() -> None:
    duo = Duo(table().tables)
    early, late = (played(*PHRASE[:6], [at, 76, 0.1875]) for at in (1.4375, 1.5625))
    assert 1.4375 in onsets(perform(early, duo, mode="accompany", density=20.0).improv)
    begun = onsets(perform(late, duo, mode="accompany", density=20.0).improv)
    assert any(at == pytest.approx(1.497, abs=5e-3) for at in begun)
    steady = perform(played(*PHRASE), duo, mode="accompany", density=20.0).improv
    assert min(np.diff(onsets(steady))) > 0.2, "what is as good as begun is not struck once more"


def test_what_was_to_strike_with_the_player_is_dropped_where_it_clashes_with_what_they_strike() -> None:
    duo = Duo(table(pitch={60: 20.0, 64: 1.0}).tables)

    def struck(last: int) -> list[int]:
        said = perform(played(*PHRASE[:6], [1.4375, last, 0.1875]), duo, mode="accompany", density=20.0).improv
        return [event.pitch for event in said if isinstance(event, NoteOn) and event.at == 1.4375]

    assert struck(76) == [60]
    assert 60 not in struck(73), "a semitone and an octave below"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("role", ["accompaniment", "lead"])
def test_the_memory_learns_what_was_played_and_nothing_that_was_expected(mode: str, role: str) -> None:
    remembrance = Remembrance(ENCODING)
    settings = Settings(mode=mode, role=role, density=20.0)
    result = jam(played(*PHRASE), Duo(table().tables), settings, np.random.default_rng(1), remembrance)
    assert onsets(result.improv), "what is expected of the player, or prepared for them, is in its plans"
    remembrance.close()
    remembrance.lengths.close()
    kept = remembrance.kept()
    for notes in (kept.notes, kept.strokes):
        assert [note["pitch"] for note in notes if note["learned"]] == [pitch for _, pitch, _ in PHRASE]
    assert sum(not note["learned"] for note in kept.notes) == len(onsets(result.improv)), "its own are heard"


def test_continue_takes_over_when_the_player_is_later_than_expected_and_stops_when_they_return() -> None:
    back = [[5.0, 60, 0.25], [5.25, 62, 0.25]]
    result = perform(played(*PHRASE, *back), table(), mode="continue")
    begun = onsets(result.improv)
    first = next(at for at in begun if at > 1.0)
    assert 1.75 + 0.25 <= first <= 1.75 + 0.25 + 0.15, "a quarter is all the table ever expects"
    assert not any(5.0 <= at < 5.25 for at in begun)
    assert all(note.release <= 5.1 for note in notes_in(result.improv) if note.onset < 5.0)


@pytest.mark.parametrize(("seldom", "late"), [(0.03, 0.25), (0.07, 1.0)])
def test_continue_takes_over_where_nineteen_of_twenty_waits_would_be_over(seldom: float, late: float) -> None:
    model = table(ioi={QUARTER: 1 - seldom, ENCODING.ioi_bin(1.0): seldom})
    begun = onsets(perform(played(*PHRASE), model, mode="continue", memory="off").improv)
    last = PHRASE[-1][0]
    assert last + late - 0.1 <= min(at for at in begun if at > last) <= last + late + 0.2


def test_a_key_held_down_is_no_hand_over() -> None:
    result = perform(played(*PHRASE, [2.0, 60, 1.5]), table(), mode="continue")
    assert min(onsets(result.improv)) >= 3.5


def test_harmonize_joins_each_note_at_once_from_below_and_ends_with_it() -> None:
    slow = [[index / 2, pitch, 0.4375] for index, pitch in enumerate((72, 76, 79, 77))]
    said = perform(played(*slow), table(pitch=dict.fromkeys(range(48, 84), 1.0)), mode="harmonize").improv
    assert sorted({event.at for event in said if isinstance(event, NoteOn)}) == [0.0, 0.5, 1.0, 1.5]
    for onset, pitch, length in slow:
        voices = [note for note in notes_in(said) if note.onset == onset]
        assert len(voices) == 2 and sum(voice.pitch < pitch for voice in voices) >= 1
        assert all(voice.release == onset + length for voice in voices)


def test_harmonize_keeps_tones_that_sound_and_the_harmony_under_fast_and_repeated_notes() -> None:
    legato = [[0.0, 72, 0.75], [0.125, 74, 0.0625], [0.5, 76, 0.5], [1.0, 76, 0.5]]
    said = perform(played(*legato), table(pitch={60: 1e6, 67: 1.0}), mode="harmonize", voices=1).improv
    assert transcript(said)[0][:4] == [0.0, "note_on", 1, 60]
    assert len(onsets(said)) <= 2, "it sounds on, and is struck again only where the player had let go"


ANY_PITCH = dict.fromkeys(range(36, 96), 1.0)


def harmonies(
    lines: list[list], seed: int = 1, pitch: dict[int, float] | None = None, **more: object
) -> list[set[int]]:
    """The pitches that sound with each note of the melody, a moment after it was struck."""
    model = table(pitch=ANY_PITCH if pitch is None else pitch)
    said = notes_in(perform(played(*lines), model, seed, mode="harmonize", memory="off", **more).improv)
    return [{note.pitch for note in said if note.onset <= at + 0.01 < (note.release or 99.0)} for at, *_ in lines]


def test_of_the_voices_at_least_half_lie_below_unless_the_register_forbids() -> None:
    above = dict.fromkeys(range(75, 90), 1e3) | dict.fromkeys(range(36, 75), 1.0)
    for voices in (1, 2, 3):
        (found,) = harmonies([[0.0, 72, 0.5]], pitch=above, voices=voices)
        assert len(found) == voices and 2 * sum(pitch < 72 for pitch in found) >= voices
    (found,) = harmonies([[0.0, 72, 0.5]], low=66)
    assert len(found) == 2 and min(found) > 72


def test_from_one_harmony_to_the_next_most_tones_are_kept_and_voices_move_little() -> None:
    kept, moved = [], []
    for seed in range(12):
        first, then = harmonies([[0.0, 72, 0.5], [0.5, 74, 0.5]], seed, voices=3)
        kept.append(len(first & then) / 3)
        moved += [min(abs(pitch - other) for other in first) for pitch in then]
    assert np.mean(kept) > 0.6, "drawn from sixty tones, as likely as each other"
    assert np.mean(moved) < 2.0


def test_a_note_repeated_and_one_that_comes_fast_keep_the_harmony_and_a_slow_one_may_change_it() -> None:
    changes = dict.fromkeys(("fast", "repeated", "slow"), 0)
    for seed in range(8):
        first, fast = harmonies([[0.0, 72, 0.3], [0.25, 74, 0.5]], seed)
        changes["fast"] += first != fast
        first, again = harmonies([[0.0, 72, 0.8], [0.75, 72, 0.5]], seed)
        changes["repeated"] += first != again
        first, other = harmonies([[0.0, 72, 0.8], [0.75, 77, 0.5]], seed)
        changes["slow"] += first != other
    assert changes["fast"] == changes["repeated"] == 0 < changes["slow"]


def test_beside_a_clock_an_accompaniment_ends_within_a_bar_of_it() -> None:
    """At 200 beats a minute a bar is 1.2 seconds, and at 80 it is three."""
    for bpm, bar in ((200.0, 1.2), (80.0, 3.0)):
        events = together(host(64.0, bpm), played(*PHRASE))
        begun = onsets(perform(events, table(), mode="accompany", sync="clock", grid="off").improv)
        assert 1.9375 + bar / 2 <= max(begun) <= 1.9375 + bar


def test_a_voice_on_a_key_that_the_player_strikes_gives_way() -> None:
    said = perform(played([0.0, 72, 1.0], [0.5, 60, 0.25]), table(pitch={60: 1e6}), mode="harmonize", voices=1).improv
    assert transcript(said) == [[0.0, "note_on", 1, 60, 55], [0.5, "note_off", 1, 60]]


def test_solo_begins_in_silence_and_the_player_steers_it() -> None:
    model = table()
    events: list[Heard] = [Turned(0.0, "temperature", (1.0,) * 5), *played([4.0, 61, 0.25])]
    begun = onsets(perform(events, model, mode="solo").improv)
    assert begun[0] <= 0.5 and max(np.diff(begun)) <= 2.0
    assert any(61 in rows[0][:, PITCH] for rows in model.fed), "what they played is in the context"


@pytest.mark.parametrize("mode", [name for name in MODES if name != "answer"])
def test_a_stop_of_the_clock_ends_all_at_once(mode: str) -> None:
    from improv.events import Stop

    events = together(host(8.0), played(*PHRASE, [2.0, 60, 1.0]), [Stop(3.5)])
    said = perform(events, table(), mode=mode, sync="clock", clock_absent="wait").improv
    assert said and all(event.at <= 3.5 + 1e-9 for event in said)


def test_a_prompt_is_what_a_solo_goes_on_from() -> None:
    notes = tuple(PlannedNote(index / 4, 60 + index, 100, 0.25, 0) for index in range(8))
    model = table()
    begun = onsets(perform([Prompt(0.0, notes)], model, mode="solo").improv)
    assert 0.0 <= begun[0] <= 0.5
    read = np.concatenate([fed[0] for fed in model.fed[:5]])
    assert read[:, PITCH].tolist() == [*range(60, 68)], "in slices, the last note by itself"
