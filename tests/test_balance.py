"""How dense improv plays beside the player, how far from them, and against what it is careful."""

import numpy as np

from improv.balance import MOST, RUB, height, pace, ring, rub, thinned
from improv.encoding import Encoding
from improv.notes import Note, Part
from improv.settings import Settings


def notes(*pitches: int, step: float = 0.25) -> list[Note]:
    return [Note(index * step, pitch, 64, 0.25) for index, pitch in enumerate(pitches)]


def test_who_has_played_too_much_lets_others_come_first_and_who_too_little_comes_sooner() -> None:
    busy, idle = notes(*[60] * 40, step=0.1), notes(60)
    assert pace(busy, 3.9, Part.ACCOMPANIMENT, Settings()) < 0 < pace(idle, 3.9, Part.ACCOMPANIMENT, Settings())
    assert pace([], 3.9, Part.LEAD, Settings()) <= MOST
    asked = Settings(density=10.0)
    assert abs(pace(busy, 3.95, Part.ACCOMPANIMENT, asked)) < 0.1, "what is asked is what is right"


def test_an_accompaniment_that_climbs_into_the_melody_is_pulled_back() -> None:
    melody = notes(72, 74, 76, 77)
    low, high = (height(notes(*own), melody, Part.ACCOMPANIMENT) for own in ((60, 55, 64), [80] * 12))
    assert high[84] - high[60] < low[84] - low[60] - 0.5
    assert not height(notes(60), [], Part.ACCOMPANIMENT).any(), "of a player who has not played nothing is known"


def test_the_melody_s_own_tone_is_left_to_it_but_not_in_the_bass() -> None:
    melody = notes(72, 74, 76)
    bias = height([], melody, Part.ACCOMPANIMENT)
    assert bias[64] < min(bias[63], bias[65]) and bias[76] < bias[75]
    assert bias[52] >= min(bias[51], bias[53])


def test_a_second_a_seventh_and_a_tritone_rub_and_nothing_does_in_silence() -> None:
    bias = rub({60}, Part.ACCOMPANIMENT)
    assert set(np.flatnonzero(bias[60:72])) == {1, 2, 6, 10, 11}
    assert bias[61] == -RUB[Part.ACCOMPANIMENT] and not rub((), Part.ACCOMPANIMENT).any()


def test_a_melody_may_rub_more_and_rests_more() -> None:
    assert RUB[Part.LEAD] < RUB[Part.ACCOMPANIMENT] and rub({60}, Part.LEAD)[61] == -RUB[Part.LEAD]
    seven = notes(*range(60, 68), step=0.5)
    assert pace(seven, 4.0, Part.LEAD, Settings()) < 0.0, "two notes a second leave no rest between phrases"


def test_an_accompaniment_rings_and_what_is_sure_to_be_short_stays_short() -> None:
    encoding = Encoding()
    nats, short = ring(Part.ACCOMPANIMENT, encoding), encoding.duration_bin(0.1)
    assert (np.diff(nats) >= 0).all() and nats[encoding.duration_bin(2.0)] - nats[encoding.duration_bin(1.0)] > 0.5
    assert nats.max() - nats[short] < np.log(1000), "where the model gives it one chance in a thousand"


def test_chords_are_thinned_where_much_was_played_and_never_filled_up() -> None:
    own, group = Part.ACCOMPANIMENT, [(Part.LEAD, 72), (Part.ACCOMPANIMENT, 48)]
    assert thinned(-2.0, own, group) < thinned(-1.0, own, group) < 0.0
    assert thinned(0.0, own, group) == thinned(3.0, own, group) == 0.0
    assert thinned(-2.0, own, group[:1]) == 0.0, "to strike with the player is no chord yet"
