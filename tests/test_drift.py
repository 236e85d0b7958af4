"""What brings an answer back to the manner of its call."""

import numpy as np
import pytest

from improv.drift import Manner, pull
from improv.encoding import DURATION, IOI, PART, PITCH, VELOCITY, Encoding
from improv.notes import Note
from improv.tally import Tally

ENCODING = Encoding()


def manner(notes: list[Note]) -> Manner:
    look = Tally(512, notes).last(512)
    return Manner() if look is None else look.manner


def line(*pitches: int, step: float = 0.25, chord: int = 1) -> list[Note]:
    return [Note(index * step, pitch + 4 * k, 64, step) for index, pitch in enumerate(pitches) for k in range(chord)]


CALL = line(60, 64, 67, 72, 67, 64, 60, 62)


def pulled(answer: list[Note], field: int, call: list[Note] = CALL) -> np.ndarray:
    return pull(ENCODING, manner(call), manner(answer))[ENCODING.field(field)]


def test_an_answer_like_its_call_is_left_alone():
    assert np.abs(pull(ENCODING, manner(CALL), manner(CALL))).max() < 0.01


def test_before_its_first_note_an_answer_is_left_alone():
    assert np.abs(pull(ENCODING, manner(CALL), manner([]))).max() < 1e-6


@pytest.mark.parametrize(("pitch", "likelier", "less"), [(84, 60, 90), (36, 72, 30)])
def test_an_answer_too_high_or_low_is_pulled_back(pitch, likelier, less):
    bias = pulled(line(*[pitch] * 8), PITCH)
    assert bias[likelier] > 0 > bias[less]


@pytest.mark.parametrize(("step", "likelier", "less"), [(0.0625, 0.5, 0.0625), (1.0, 0.0625, 1.0)])
def test_an_answer_too_quick_or_slow_is_pulled_back(step, likelier, less):
    bias = pulled(line(*[64] * 8, step=step), IOI)
    assert bias[ENCODING.ioi_bin(likelier)] > 0 > bias[ENCODING.ioi_bin(less)]


def test_chords_where_the_call_had_none_are_made_rarer_and_the_other_way_round():
    assert pulled(line(60, 62, 64, chord=3), IOI)[0] < 0
    assert pulled(line(60, 62, 64, 65, 67, 69), IOI, call=line(60, 62, 64, 65, chord=3))[0] > 0


def test_a_pace_and_a_fullness_that_go_up_and_down_as_music_does_are_left_alone():
    assert not pulled(line(*[64] * 8, step=0.1875), IOI)[1:].any()
    fewer_chords = [note for note in line(*[64] * 8, chord=2) if note.pitch == 64 or note.onset < 1.5]
    assert not pulled(fewer_chords, IOI, call=line(*[64] * 8, chord=2))[0].any()


def test_what_is_rare_is_no_likelier_than_what_is_one_spread_away():
    """A drift to longer waits is answered by shorter ones as the player's are, not by the shortest there is."""
    bias = pulled(line(*[64] * 8, step=1.0), IOI)
    assert bias[ENCODING.ioi_bin(0.04)] == bias[ENCODING.ioi_bin(0.17)] > bias[ENCODING.ioi_bin(0.25)]
    high = pulled(line(*[84] * 8), PITCH)
    assert high[21] == high[55] and high[127] == high[90]


def test_the_further_the_stronger_and_never_without_bound():
    near, far = (pulled(line(*[pitch] * 8), PITCH)[60] for pitch in (72, 84))
    assert 0 < near < far
    assert np.abs(pulled(line(*[127] * 100), PITCH, call=line(*[20] * 8))).max() <= 4.0


def test_other_fields_are_left_alone():
    for field in (PART, VELOCITY, DURATION):
        assert not pulled(line(*[100] * 30, step=1.0), field).any()


@pytest.mark.parametrize("call", [[], CALL[:1], CALL[:2]])
def test_next_to_nothing_heard_is_no_trouble(call):
    assert np.isfinite(pull(ENCODING, manner(call), manner(CALL))).all()


SCALE = [60, 62, 64, 65, 67, 69, 71]


def test_notes_that_the_player_did_not_play_are_made_rarer_and_the_other_way_round():
    strayed = pulled(line(*[61, 63, 66, 68, 70] * 4, 60, 64), PITCH, call=line(*SCALE * 4))
    assert min(strayed[SCALE[:4]]) > max(strayed[[61, 63, 66, 68]]) + 0.5
    circled = pulled(line(*[60, 67] * 10), PITCH, call=line(*SCALE * 4, *[60, 67] * 12))
    assert circled[64] - circled[60] > pulled(line(*SCALE * 3), PITCH, call=line(*SCALE * 4))[64] - 0.1


def test_a_pace_without_rests_is_slowed_though_its_usual_wait_is_the_same():
    def phrases(rest: float) -> list[Note]:
        return [Note((0.25 * 8 + rest) * phrase + 0.25 * i, 64, 64, 0.2) for phrase in range(6) for i in range(8)]

    bias = pulled(phrases(0.0), IOI, call=phrases(2.0))
    assert bias[ENCODING.ioi_bin(1.0)] > 0 > bias[ENCODING.ioi_bin(0.15)]
