"""The memory in playing: chords as they are heard, restraint in what is played."""

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


def remembering(*pitches: int, step: float = 0.25) -> Remembrance:
    remembrance = Remembrance()
    for index, pitch in enumerate(pitches):
        remembrance.hear(index * step, pitch, own=False)
    return remembrance


def test_a_chord_is_one_chord_in_whatever_order_its_keys_come():
    trails = []
    for offsets in ((0.0, 0.0078125, 0.015625), (0.015625, 0.0, 0.0078125), (0.0078125, 0.015625, 0.0)):
        remembrance = Remembrance()
        for start in (0.0, 0.5, 1.0):
            chord = [(start + offset, pitch) for offset, pitch in zip(offsets, (48, 60, 64), strict=True)]
            for onset, pitch in sorted(chord):
                remembrance.hear(onset, pitch, own=False)
        remembrance.close()
        trails.append((remembrance.memory.trail.keys(), len(remembrance.memory)))
    assert trails[0] == trails[1] == trails[2]


def test_improvs_notes_are_context_to_what_the_player_plays_next():
    remembrance = Remembrance()
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
    weights = [Recall(known).prior(cap)[1] for cap in (0.0, 0.125, 0.5, 1.0)]
    assert weights[:3] == [0.0, 0.125, 0.5] and weights[3] > 0.5
    assert Recall(Remembrance()).prior(0.5)[1] == 0.0


def test_a_literal_match_is_left_with_growing_probability():
    recall = Recall(remembering(*RIFF * 4))
    weights = []
    for pitch in RIFF * 2:
        weights.append(recall.prior(0.5)[1])
        recall.wrote(pitch, True)
    assert weights == [0.5 * LEAVE ** max(0, recited - FREE) for recited in range(len(weights))]
    recall.wrote(99, True)
    assert recall.recited == 0


def test_a_transposed_match_is_a_match():
    recall = Recall(remembering(*RIFF * 4))
    for pitch in RIFF[:5]:
        recall.wrote(pitch + 2, True)
    before = recall.recited
    recall.wrote(RIFF[5] + 2, True)
    assert recall.recited == before + 1 > 0


def test_an_answer_in_the_making_leaves_the_memory_as_it_was():
    remembrance = remembering(*RIFF)
    recall = Recall(remembrance)
    before = remembrance.memory.trail.keys(), len(remembrance.memory)
    for pitch in (70, 71, 72):
        recall.wrote(pitch, True)
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
