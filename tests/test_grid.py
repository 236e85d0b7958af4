"""Onsets on the grid: where the points are, how likely each, and that what is played lies on them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from improv.dials import WIDTH
from improv.encoding import IOI, Encoding
from improv.events import Gesture, Move, NoteOn, Turned
from improv.grid import Grid, gathered, likely, on_grid
from improv.providers import load_to_play
from improv.pulse import Pulse
from improv.questions import Question, answered
from improv.resources import default_model
from improv.step import NEVER, controls
from tests.clockwork import host
from tests.score import perform, played, together
from tests.table_model import TableModel
from tests.test_answer import PHRASE, table

ENCODING = Encoding()
#: A beat is half a second, and beat 0 at 10.
PULSE = Pulse(10.0, 0.0, 0.5)


def points(division: str, head: float, earliest: float, latest: float, swing: float = 0.5) -> list[float]:
    return Grid(PULSE, division, swing).points(head, earliest, latest).round(9).tolist()


def test_the_points_of_a_beat() -> None:
    assert points("8", 9.0, 10.0, 11.0) == [10.0, 10.25, 10.5, 10.75, 11.0]
    assert points("16", 9.0, 10.1, 10.4) == [10.125, 10.25, 10.375]
    assert points("8t", 9.0, 10.0, 10.4) == [10.0, round(10 + 1 / 6, 9), round(10 + 1 / 3, 9)]
    assert points("8", 9.0, 10.0, 10.9, swing=2 / 3) == [10.0, round(10 + 1 / 3, 9), 10.5, round(10.5 + 1 / 3, 9)]
    assert points("16", 9.0, 10.0, 10.4, swing=0.6) == [10.0, 10.15, 10.25, 10.4]


def test_none_is_in_the_last_group_and_where_none_is_in_time_the_next_is_taken() -> None:
    assert points("16", 10.0, 10.0, 10.3) == [10.125, 10.25]
    assert points("4", 10.0, 10.02, 10.1) == [10.5]
    assert points("4", 10.0, 10.51, 10.6) == [11.0]
    assert points("16", 10.124, 10.124, 10.3) == [10.25]


def test_a_beat_that_has_begun_in_triplets_goes_on_in_triplets_and_the_next_is_free() -> None:
    third, quarter = 1 / 6, 1 / 8
    both = sorted(10 + 0.5 * beat for beat in (0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1))
    assert points("auto", 9.0, 10.0, 10.5) == [round(at, 9) for at in both]
    assert points("auto", 10 + third, 10 + third, 10.6) == [round(10 + 2 * third, 9), 10.5]
    assert points("auto", 10 + quarter, 10 + quarter, 10.6) == [10.25, 10.375, 10.5]
    assert points("auto", 10.04, 10.04, 10.34) == [round(at, 9) for at in both[1:5]], "on neither: both are open"


def test_the_mass_between_two_points_goes_to_the_nearer() -> None:
    p = np.zeros(ENCODING.sizes[IOI])
    near, between, far, soon = (ENCODING.ioi_bin(seconds) for seconds in (0.122, 0.185, 0.26, 0.045))
    p[[0, soon, near, between, far]] = 0.1, 0.1, 0.3, 0.2, 0.3
    masses = gathered(p, np.array([0.125, 0.25]), ENCODING)
    low, high = ENCODING.ioi_edges[between], ENCODING.ioi_edges[between + 1]
    share = (0.1875 - low) / (high - low)
    assert masses == pytest.approx([0.1, 0.4 + 0.2 * share, 0.3 + 0.2 * (1 - share)])


def lumpy() -> TableModel:
    """Waits about a quarter second, some chords, and a pitch for each wait that says which it was."""
    weights = {0: 120.0}
    for bin_ in range(2, ENCODING.sizes[IOI]):
        middle = ENCODING.ioi(bin_)
        weights[bin_] = 100 * np.exp(-0.5 * ((middle - 0.21) / 0.05) ** 2) + 5 * np.exp(-middle)
    return TableModel({IOI: weights})


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_a_point_is_drawn_as_often_as_the_mass_gathered_on_it(temperature: float) -> None:
    """And the note is drawn with the point's own ioi, one run as a rule."""
    model, rng = lumpy(), np.random.default_rng(0)
    among, runs, counts, draws = np.array([0.125, 0.25, 0.375, 0.5, 0.75, 1.0]), 0, np.zeros(7), 2000
    bins = [0, *(ENCODING.ioi_bin(wait) for wait in among)]
    fed = ENCODING.pad(1)[None], np.zeros((1, 2, WIDTH), np.float32), model.start()
    for _ in range(draws):
        how = controls(ENCODING, rng, temperature=temperature)
        how.bias[0, ENCODING.field(IOI)][1] = NEVER
        how.bias[0, ENCODING.field(IOI)][ENCODING.ioi_bin(1.1) :] = NEVER
        before = len(model.fed)
        asking = on_grid(partial(Question, *fed), how, 5.0, 5.0 + among, ENCODING, rng)
        step, onset = answered(model, asking)
        runs += len(model.fed) - before
        index = 0 if onset is None else 1 + int(np.argmin(abs(5.0 + among - onset)))
        assert int(step.drawn[0, IOI]) == bins[index]
        counts[index] += 1
    wanted = gathered(likely(step.raw[0, ENCODING.field(IOI)], how, ENCODING), among, ENCODING)
    assert counts / draws == pytest.approx(wanted, abs=4 * np.sqrt(0.25 / draws))
    assert runs / draws < 1.5


def on_the_grid(onsets: list[float], division: float, at: float = 0.0, beat: float = 0.5) -> float:
    """The share of onsets within 10 ms of a grid of so many points a beat."""
    places = (np.array(onsets) - at) / beat * division
    return float(np.mean(np.abs(places - places.round()) * beat / division < 0.010))


def answers(seed: int, model: TableModel | None = None, **more) -> list[float]:
    model = lumpy() if model is None else model
    events = together(host(24.0, at=-2.0), played(*PHRASE))
    said = perform(events, model, seed, sync="clock", memory="off", drafts=1, **more).improv
    return [event.at for event in said if isinstance(event, NoteOn)]


def test_at_full_strength_what_is_played_is_on_the_grid_and_chords_stay_together() -> None:
    found = [answers(seed, grid="16") for seed in range(8)]
    assert sum(map(len, found)) > 40
    assert all(on_the_grid(onsets, 4) == 1.0 for onsets in found)
    waits = np.concatenate([np.diff(onsets) for onsets in found])
    assert (waits == 0).any(), "the model plays chords"
    assert ((waits == 0) | (waits > 0.1)).all()


def first_of_a_solo(seed: int, model: TableModel) -> float:
    """Beats from the bar line, of a bar of its own clock's, to the first note of a solo in silence."""
    events = together(host(14.0), [Turned(4.1, "mode", "solo"), Gesture(5.5, Move.PANIC)])
    said = perform(events, model, seed, sync="clock", memory="off", grid="16").improv
    return next(event.at for event in said if isinstance(event, NoteOn)) * 2 - 8


def test_a_solo_out_of_silence_begins_on_the_grid_too_where_the_model_would_have_it() -> None:
    soon, late = (lumpy(), lumpy())
    soon.tables[IOI], late.tables[IOI] = ({ENCODING.ioi_bin(wait): 1e3, 0: 1e3} for wait in (0.1, 0.4))
    found = [[first_of_a_solo(seed, model) for seed in range(4)] for model in (soon, late)]
    for firsts in found:
        assert on_the_grid([first / 2 for first in firsts], 4) == 1.0
    assert np.median(found[0]) < np.median(found[1]), "drawn, not moved to the nearest point"


@pytest.mark.parametrize(("more", "grids"), [({"grid": "16"}, (4,)), ({}, (4, 3)), ({"grid": "8", "swing": 0.6}, ())])
def test_what_the_model_that_ships_plays_is_on_the_grid(more: dict[str, object], grids: tuple[int, ...]) -> None:
    """95 of 100 onsets within 10 ms of it, at full strength: sixteenths; sixteenths or triplets; swung eighths."""
    found = [onset for seed in range(5) for onset in answers(seed, load_to_play(default_model(), "cpu"), **more)]
    assert len(found) > 10
    if grids:
        off = [min(abs(onset * 2 * parts - round(onset * 2 * parts)) / parts / 2 for parts in grids) for onset in found]
    else:
        off = [min(abs((onset * 2 + 0.5) % 1 - 0.5), abs(onset * 2 % 1 - 0.6)) / 2 for onset in found]
    assert np.mean(np.array(off) < 0.010) >= 0.95


def test_half_the_strength_leaves_half_of_the_groups_free() -> None:
    free = [onset for seed in range(12) for onset in np.unique(answers(seed, grid="16", grid_strength=0.5))]
    share = on_the_grid(free, 4)
    assert 0.4 < share < 0.8
    none = [onset for seed in range(12) for onset in np.unique(answers(seed, grid="16", grid_strength=0.0))]
    assert on_the_grid(none, 4) < share
    off = [onset for seed in range(12) for onset in np.unique(answers(seed, grid="off"))]
    assert off == none


def test_swing_moves_every_second_note() -> None:
    onsets = np.array([onset for seed in range(4) for onset in answers(seed, grid="8", swing=2 / 3)])
    places = np.unique((onsets * 2 % 1).round(3) % 1)
    assert set(places.tolist()) <= {0.0, 0.667}
    assert len(places) == 2


def test_a_wait_that_fits_a_triplet_is_played_as_one() -> None:
    """The table waits a sixth of a second: a third of the beat."""
    model = table()
    model.tables[IOI] = {ENCODING.ioi_bin(1 / 6): 1e6}
    onsets = answers(0, model)
    assert on_the_grid(onsets, 3) == 1.0 and len(onsets) > 4
    assert np.diff(onsets) == pytest.approx(1 / 6, abs=1e-3)
