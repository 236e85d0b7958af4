"""The memory in playing: chords as they are heard, restraint in what is played."""

from itertools import pairwise

import numpy as np
import pytest

from improv.draft import Draft
from improv.ears import Ears
from improv.encoding import IOI, Encoding, Order, as_array
from improv.events import NoteOff, NoteOn
from improv.notes import Note
from improv.panel import Panel
from improv.recall import FREE, LEAVE, Recall, Remembrance
from improv.settings import Settings
from tests.table_model import TableModel

RIFF = (60, 63, 65, 66, 65, 63, 70, 67)
QUARTER = Encoding().ioi_bin(0.25)


def remembering(*pitches: int, step: float = 0.25) -> Remembrance:
    remembrance = Remembrance(Encoding())
    for index, pitch in enumerate(pitches):
        remembrance.hear(index * step, pitch, own=False)
    return remembrance


def test_a_chord_is_one_chord_in_whatever_order_its_keys_come():
    trails = []
    for offsets in ((0.0, 0.0078125, 0.015625), (0.015625, 0.0, 0.0078125), (0.0078125, 0.015625, 0.0)):
        remembrance = Remembrance(Encoding())
        for start in (0.0, 0.5, 1.0):
            chord = [(start + offset, pitch) for offset, pitch in zip(offsets, (48, 60, 64), strict=True)]
            for onset, pitch in sorted(chord):
                remembrance.hear(onset, pitch, own=False)
        remembrance.close()
        trails.append((remembrance.memory.trail.keys(), len(remembrance.memory)))
    assert trails[0] == trails[1] == trails[2]


def test_improvs_notes_are_context_to_what_the_player_plays_next():
    remembrance = Remembrance(Encoding())
    for round_ in range(3):  # improv says 72, the player answers 60
        remembrance.hear(round_ * 2.0, 72, own=True)
        remembrance.hear(round_ * 2.0 + 0.5, 60, own=False)
    remembrance.hear(6.0, 72, own=True)
    remembrance.close()
    assert remembrance.memory.learned == 3
    prior, _ = remembrance.memory.prior(remembrance.memory.predict())
    assert prior[60] > 0.9 and prior[72] < 0.01


def test_the_weight_is_capped_and_zero_where_nothing_was_heard():
    known = remembering(*RIFF * 4)
    weights = [Recall(known).pitch(cap)[1] for cap in (0.0, 0.125, 0.5, 1.0)]
    assert weights[:3] == [0.0, 0.125, 0.5] and weights[3] > 0.5
    assert Recall(Remembrance(Encoding())).pitch(0.5)[1] == 0.0


def test_a_literal_match_is_left_with_growing_probability():
    recall = Recall(remembering(*RIFF * 4))
    weights = []
    for pitch in RIFF * 2:
        weights.append(recall.pitch(0.5)[1])
        recall.wrote((QUARTER, pitch, 0, 0))
    assert weights == [0.5 * LEAVE ** max(0, recited - FREE) for recited in range(len(weights))]
    recall.wrote((QUARTER, 99, 0, 0))
    assert recall.recited == 0


def test_a_transposed_match_is_a_match():
    recall = Recall(remembering(*RIFF * 4))
    for pitch in RIFF[:5]:
        recall.wrote((QUARTER, pitch + 2, 0, 0))
    before = recall.recited
    recall.wrote((QUARTER, RIFF[5] + 2, 0, 0))
    assert recall.recited == before + 1 > 0


def test_an_answer_in_the_making_leaves_the_memory_as_it_was():
    remembrance = remembering(*RIFF)
    recall = Recall(remembrance)
    before = remembrance.memory.trail.keys(), len(remembrance.memory)
    for pitch in (70, 71, 72):
        recall.wrote((QUARTER, pitch, 0, 0))
    assert (remembrance.memory.trail.keys(), len(remembrance.memory)) == before


@pytest.mark.parametrize("known_well", [True, False])
def test_weights_follow_what_the_network_had_expected(known_well: bool):
    notes = [Note(index * 0.25, pitch, 64, 0.25) for index, pitch in enumerate(RIFF * 3)]
    rows = Encoding().encode(as_array(notes), Order.LEAD_FIRST)
    remembrance = remembering(*RIFF * 3)
    remembrance.close()
    _, before = remembrance.memory.prior(remembrance.memory.predict())
    remembrance.settle(rows, np.full((len(rows), 5), np.log(0.99 if known_well else 0.01), np.float32))
    _, after = remembrance.memory.prior(remembrance.memory.predict())
    assert after < before if known_well else after > before


def test_what_is_no_number_settles_nothing():
    remembrance = remembering(*RIFF)
    remembrance.close()
    rows = Encoding().encode(as_array([Note(i * 0.25, p, 64, 0.25) for i, p in enumerate(RIFF)]), Order.LEAD_FIRST)
    before = remembrance.memory.prior(remembrance.memory.predict())[1]
    remembrance.settle(rows, np.full((len(rows), 5), np.nan, np.float32))
    assert remembrance.memory.prior(remembrance.memory.predict())[1] == before


def answers(seed: int, step: float = 0.25, **more: object) -> list[int]:
    """The pitches of an answer of some 40 notes to a riff played four times, by a network that knows nothing."""
    panel = Panel(Settings(**more))
    ears = Ears(Encoding(), panel)
    for index, pitch in enumerate(RIFF * 4):
        ears.hear(NoteOn(index * step, 0, pitch, 64))
        ears.hear(NoteOff((index + 1) * step, 0, pitch))
    model = TableModel({IOI: {Encoding().ioi_bin(step): 1.0}})
    draft = Draft(model, ears, panel, np.random.default_rng(seed))
    onset, pitches = len(RIFF) * 4 * step, []
    for _ in range(40):
        written = draft.write(onset, onset + 0.5, 0.5)
        if written is not None:
            pitches.append(written.note.pitch)
            onset = written.note.onset
    return pitches


def from_the_riff(pitches: list[int]) -> list[bool]:
    """Of each three notes in a row, whether they stand so in the riff, in some key."""
    steps = [(b - a, c - b) for a, b, c in zip(RIFF * 2, (RIFF * 2)[1:], (RIFF * 2)[2:], strict=False)]
    return [(b - a, c - b) in steps for a, b, c in zip(pitches, pitches[1:], pitches[2:], strict=False)]


def test_a_players_motif_comes_back_with_memory_and_is_not_recited():
    share = {
        memory: np.mean([one for seed in range(12) for one in from_the_riff(answers(seed, memory=memory))])
        for memory in ("off", "session")
    }
    assert share["off"] < 0.05
    assert 0.05 + share["off"] < share["session"] < 0.7


def test_memory_off_or_of_no_weight_is_the_network_alone():
    assert answers(3, memory="off") == answers(3, memory="session", memory_weight=0.0)
    assert answers(3, memory="off") != answers(3, memory="session")


def test_the_first_step_settles_what_the_network_expected_of_the_player():
    panel = Panel(Settings())
    ears = Ears(Encoding(), panel)
    for index, pitch in enumerate(RIFF * 3):
        ears.hear(NoteOn(index * 0.25, 0, pitch, 64))
        ears.hear(NoteOff((index + 1) * 0.25, 0, pitch))
    assert ears.remembrance is not None
    draft = Draft(TableModel(), ears, panel, np.random.default_rng(0))
    memory = ears.remembrance.memory
    before = memory.prior(memory.predict())[1]
    draft.write(6.0, 6.5, 0.5)
    assert memory.prior(memory.predict())[1] > before


# Rhythm. A tresillo: three, three and two sixteenths, in a network that finds any wait as likely as any other.

TRESILLO = (0.375, 0.375, 0.25)


def hear_tresillo(ears: Ears, at: float = 0.0, times: int = 12) -> float:
    """Played with ever other notes; the moment after its last onset at which the next one would be due."""
    for index in range(3 * times):
        ears.hear(NoteOn(at, 0, 48 + 7 * index % 25, 64))
        ears.hear(NoteOff(at + 0.2, 0, 48 + 7 * index % 25))
        at += TRESILLO[index % 3]
    return at


def waits_of_an_answer(seed: int, **more: object) -> list[float]:
    panel = Panel(Settings(**more))
    ears = Ears(Encoding(), panel)
    due = hear_tresillo(ears)
    draft = Draft(TableModel(), ears, panel, np.random.default_rng(seed))
    onset, waits = due - TRESILLO[-1], []
    for _ in range(30):
        written = draft.write(onset, onset + 2.0, 0.5)
        if written is not None and written.note.onset > onset:
            waits.append(written.note.onset - onset)
            onset = written.note.onset
    return waits


def in_tresillo(waits: list[float]) -> list[bool]:
    """Of each two waits in a row, whether they stand so in a tresillo."""
    bins = [Encoding().ioi_bin(wait) for wait in waits]
    three, two = (Encoding().ioi_bin(wait) for wait in (0.375, 0.25))
    return [pair in {(three, three), (three, two), (two, three)} for pair in pairwise(bins)]


def test_a_rhythm_of_the_players_comes_back_with_memory_and_is_not_recited():
    share = {
        memory: np.mean([one for seed in range(12) for one in in_tresillo(waits_of_an_answer(seed, memory=memory))])
        for memory in ("off", "session")
    }
    assert share["off"] < 0.05
    assert 0.1 < share["session"] < 0.7


def test_the_weight_of_a_rhythm_is_capped_and_left_where_it_goes_on_as_heard():
    ears = Ears(Encoding(), Panel(Settings()))
    hear_tresillo(ears)
    assert ears.remembrance is not None
    bins = Encoding().sizes[IOI]
    assert Recall(ears.remembrance).ioi(0.25, bins)[1] == 0.25
    recall = Recall(ears.remembrance)
    weights = []
    for index in range(24):
        prior, weight = recall.ioi(0.5, bins)
        ioi = Encoding().ioi_bin(TRESILLO[(index + 2) % 3])
        assert prior.argmax() == ioi
        weights.append(weight)
        recall.wrote((ioi, 30 + 11 * index % 60, 0, 0))
    assert weights[0] == 0.5 and recall.repeated == 24 and recall.recited < FREE
    assert weights[-1] == pytest.approx(0.5 * LEAVE ** (23 - FREE))
    recall.wrote((1, 60, 0, 0))
    assert recall.repeated == 0


def test_a_wait_that_must_not_be_is_not_drawn_however_sure_the_memory_is():
    panel = Panel(Settings(memory_weight=1.0))
    ears = Ears(Encoding(), panel)
    due = hear_tresillo(ears)
    draft = Draft(TableModel(), ears, panel, np.random.default_rng(0))
    for _ in range(20):
        written = draft.write(due + 1.0, due + 1.5, 0.5)
        if written is not None:
            assert due + 1.0 <= written.note.onset <= due + 1.5
            return
    raise AssertionError("nothing was written")


def test_waits_before_and_after_improvs_own_notes_are_not_the_players():
    remembrance = Remembrance(Encoding())
    for round_ in range(20):  # improv comes in after half a second, the player after one and a half
        remembrance.hear(round_ * 2.0, 60, own=False)
        remembrance.hear(round_ * 2.0 + 0.5, 72, own=True)
    remembrance.close()
    assert remembrance.memory.learned == 20 and len(remembrance.rhythm) == 0


def test_what_is_frozen_is_context_and_what_is_forgotten_is_gone():
    ears = Ears(Encoding(), Panel(Settings()))
    ears.freeze(True)
    hear_tresillo(ears)
    assert ears.remembrance is not None
    ears.remembrance.close()
    assert (len(ears.remembrance.memory), len(ears.remembrance.rhythm)) == (0, 0)
    ears.freeze(False)
    hear_tresillo(ears, 20.0)
    assert len(ears.remembrance.memory) and len(ears.remembrance.rhythm)
    ears.forget()
    assert (len(ears.remembrance.memory), len(ears.remembrance.rhythm)) == (0, 0)
    assert Recall(ears.remembrance).pitch(1.0)[1] == 0.0
    ears.freeze(True), ears.forget()
    Ears(Encoding(), Panel(Settings(memory="off"))).forget()
