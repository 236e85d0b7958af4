"""What a draft is held to: the phrase it answers at first, the player as a whole when it goes on."""

from __future__ import annotations

import numpy as np

from improv.bearing import LOOK_EVERY, SPAN, Bearing
from improv.context import CONTEXT_NOTES
from improv.dials import Asked
from improv.encoding import IOI, PITCH, Encoding
from improv.notes import Note
from improv.tally import Tally

ENCODING = Encoding()
USUAL = (64.0, 20.0)


def notes(count: int, pitch: int, velocity: int, start: float = 0.0, step: float = 0.25) -> list[Note]:
    return [Note(start + step * index, pitch + index % 2, velocity + index % 3, 0.2) for index in range(count)]


#: Low and soft for half a minute, and at last a run, high and loud and fast.
PLAYER = [*notes(112, 48, 40), *notes(32, 84, 100, start=28.0, step=0.0625)]
#: What a model draws that goes on as it began: in its own loudness.
DRAWN = notes(400, 84, 64, start=31.0, step=0.0625)


def held_to(player: list[Note]) -> Bearing:
    return Bearing(Tally(2048, player), USUAL)


def written(count: int, player: list[Note] = PLAYER) -> Bearing:
    bearing = held_to(player)
    for note in DRAWN[:count]:
        bearing.wrote(note)
    return bearing


def bends(bearing: Bearing) -> tuple[float, float, int]:
    """The bias of a low pitch over a high one, and of a long wait over a short one; what the mean velocity becomes."""
    bias = bearing.bias(ENCODING)
    pitch, ioi = bias[ENCODING.field(PITCH)], bias[ENCODING.field(IOI)]
    waits = float(ioi[ENCODING.ioi_bin(0.5)] - ioi[ENCODING.ioi_bin(0.0625)])
    return float(pitch[50] - pitch[84]), waits, bearing.to_player(64)


def test_an_answer_is_like_the_phrase_it_answers():
    low, slow, loud = bends(written(0))
    assert low < -3 and slow == 0 and loud == 101
    low, slow, loud = bends(written(CONTEXT_NOTES))
    assert low < -3 and abs(slow) < 0.5 and loud > 95


def test_who_plays_on_for_long_is_like_the_player_and_not_like_the_last_run():
    low, slow, loud = bends(written(400))
    assert low > 2 and slow > 1 and loud < 60


def test_the_way_back_is_gradual():
    lows, slows, louds = zip(*(bends(written(count)) for count in (32, 40, 48, 64, 80)), strict=True)
    assert lows[0] < 0 < min(lows[1:]) and list(slows) == sorted(slows)
    assert list(louds) == sorted(louds, reverse=True) and len(set(louds)) > 2


def test_what_is_asked_is_what_is_not_left():
    """The same notes drift from the player; from who asks for just these they do not, and pull no more."""
    high, slow, _ = bends(written(400))
    asked = written(400).bias(ENCODING, Asked(density=16.0, register=84.5))
    pitch, ioi = asked[ENCODING.field(PITCH)], asked[ENCODING.field(IOI)]
    assert high > 2 and abs(pitch[84] - pitch[85]) < 0.1
    assert pitch[84] > pitch[50] + 2
    wait = float(ioi[ENCODING.ioi_bin(0.5)] - ioi[ENCODING.ioi_bin(0.0625)])
    assert slow > 1 and wait < slow - 1


def test_what_is_asked_further_away_pulls_there():
    """What would be drawn, were the model to have no opinion."""

    def drawn(field: int, values: np.ndarray, asked: Asked) -> float:
        chances = np.exp(written(100).bias(ENCODING, asked)[ENCODING.field(field)])
        return float(chances @ values / chances.sum())

    pitches = [drawn(PITCH, np.arange(128.0), Asked(register=register)) for register in (40, 60, 80)]
    assert pitches[0] + 10 < pitches[1] < pitches[2] - 10
    waits = [drawn(IOI, ENCODING.ioi_values, Asked(density=density)) for density in (1, 4, 16)]
    assert waits[0] > 1.2 * waits[1] > 1.2 * waits[2]


def test_nobody_heard_is_held_to_nothing():
    assert not held_to([]).bias(ENCODING, Asked(density=4.0, register=60.0)).any()


def test_no_further_back_than_some_minutes():
    """An hour ago it was other notes: nothing of a long draft changes by a bit."""
    long_ago = [*notes(100, 100, 120, start=28.0 - SPAN - 30.0), *PLAYER[112:]]
    assert bends(written(400, long_ago)) == bends(written(400, PLAYER[112:]))


def test_who_has_played_otherwise_for_a_minute_is_followed():
    """Ten minutes low and soft, then one high and loud: a draft that goes on for a minute is high and loud."""
    changed = [*notes(2400, 40, 30, start=-660.0), *notes(240, 84, 100, start=-60.0)]
    low, _, loud = bends(written(56, changed))
    assert low < -3 and loud > 95


def test_the_model_hears_in_one_loudness_from_the_beginning_to_the_end():
    assert written(0).to_model(100) == written(400).to_model(100)


def test_what_the_player_plays_meanwhile_counts():
    heard = Tally(2048, PLAYER)
    bearing = Bearing(heard, USUAL)
    for note in notes(64, 84, 120, start=30.0):
        heard.add(note)
    before = bearing.to_player(64)
    for note in DRAWN[:LOOK_EVERY]:
        bearing.wrote(note)
    assert bearing.to_player(64) > before + 10


def test_before_any_note_nothing_is_bent():
    bearing = held_to([])
    assert not bearing.bias(ENCODING).any() and bearing.to_player(77) == 77
    bearing.wrote(DRAWN[0])
    assert not np.isnan(bearing.bias(ENCODING)).any()


def test_the_key_is_the_players_unless_somebody_else_sees_to_it():
    """C major was heard; the draft plays black keys as well."""
    white = [Note(0.25 * i, 60 + (0, 2, 4, 5, 7, 9, 11)[i % 7], 64, 0.2) for i in range(140)]
    bearing = held_to(white)
    for index in range(48):
        bearing.wrote(Note(40 + 0.25 * index, 60 + index % 12, 64, 0.2))
    free, keyed = (bearing.bias(ENCODING, keyed=keyed)[ENCODING.field(PITCH)] for keyed in (False, True))
    assert min(free[[60, 62, 64, 65]]) > max(free[[61, 63, 66]]) + 0.5
    assert max(keyed[60:67]) - min(keyed[60:67]) < 0.5
