import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.dials import FIELD, WIDTH, Dial, density, heard
from improv.encoding import (
    FIELDS,
    IOI,
    NOTE_DTYPE,
    ORDER,
    PAD_PITCH,
    PART,
    PITCH,
    SOUNDING,
    VELOCITY,
    Encoding,
    Order,
    arrange,
)
from improv.notes import Part
from training.augmentation import Augmentation
from training.corpus import SPLITS, Corpus
from training.dataset import CONTEXT, Batch, Crops, bin_bits, held_out, prefetched, window
from training.pieces import Labels

ENCODING = Encoding()
STILL = Augmentation(
    transpose=(0, 0),
    tempo=(1, 1),
    velocity_scale=(1, 1),
    velocity_shift=0,
    jitter_chance=0,
    drop_part=0,
    drop_history=0,
    alone=0,
    drop_dial=0,
    ask=0,
)

NOTHING = np.zeros((1, 1), np.float32)


def numbered(count):
    """Dials whose first number says how many notes were heard, shape (count + 1, WIDTH)."""
    return np.repeat(np.arange(count + 1, dtype=np.float32)[:, None], WIDTH, axis=1)


def played(count, *, pitch=60, seconds=0.25):
    notes = np.zeros(count, NOTE_DTYPE)
    notes["onset"] = seconds * np.arange(count)
    notes["pitch"] = pitch + np.arange(count) % 12
    notes["velocity"] = 40 + np.arange(count) % 50
    notes["duration"] = seconds
    notes["part"] = np.arange(count) % 2
    return notes


def corpus_of(*lengths, split="train", labels=Labels.ROLE):
    return Corpus(
        np.concatenate([played(n) for n in lengths]),
        np.cumsum([0, *lengths]),
        np.array([f"p{i}" for i in range(len(lengths))]),
        np.array([f"c{i}" for i in range(len(lengths))]),
        np.full(len(lengths), labels, np.uint8),
        np.full(len(lengths), SPLITS.index(split), np.uint8),
    )


def crops(corpus, augmentation=STILL, crop=16, batch=4, seed=1):
    return Crops(corpus, ENCODING, crop=crop, batch=batch, seed=seed, augmentation=augmentation)


def test_a_window_at_the_beginning_is_padded_and_its_first_note_is_context_only():
    rows = ENCODING.encode(played(20), Order.ASCENDING)
    item, dials, weight = window(ENCODING, rows, numbered(20), 1, 8)
    assert item.shape == (40, 7) and weight.shape == (39,) and dials.shape == (39, WIDTH)
    assert (item[:31, PITCH] == PAD_PITCH).all()
    assert item[31:].tolist() == rows[:9].tolist()
    # weight[j] is for item[j + 1]: the first note, item[31], is not among those to be predicted
    assert weight.tolist() == [0] * 31 + [1] * 8
    # and dials[j] is what was heard before item[j + 1]
    assert dials[:, 0].tolist() == [0] * 31 + [*range(1, 9)]


def test_a_window_past_the_end_is_padded_and_pads_weigh_nothing():
    rows = ENCODING.encode(played(60), Order.ASCENDING)
    item, dials, weight = window(ENCODING, rows, numbered(60), 56, 8)
    assert item[:36].tolist() == rows[24:].tolist()
    assert (item[36:, PITCH] == PAD_PITCH).all()
    assert weight.tolist() == [0] * 31 + [1] * 4 + [0] * 4
    assert dials[:, 0].tolist() == [*range(25, 60)] + [0] * 4


@given(st.integers(2, 120), st.integers(1, 40))
def test_held_out_crops_cover_every_note_but_the_first_just_once(length, crop):
    batch = held_out(corpus_of(length, split="test"), ENCODING, "test", crop=crop)
    wanted = [row[PITCH] for rows, weight in zip(batch.rows, batch.weight, strict=True) for row in rows[1:][weight > 0]]
    assert wanted == played(length)["pitch"][1:].tolist()
    assert (batch.rows[..., PART][batch.rows[..., PITCH] < PAD_PITCH] == Part.UNSPLIT).all()


def test_held_out_can_be_limited_and_can_be_empty():
    corpus = corpus_of(400, 400, split="validation")
    assert held_out(corpus, ENCODING, "validation", crop=16, limit=160).rows.shape == (10, 48, 7)
    assert held_out(corpus, ENCODING, "test", crop=16).rows.shape == (0, 48, 7)


def test_batches_are_the_same_whenever_they_are_asked_for():
    one, two = crops(corpus_of(50, 300), Augmentation()), crops(corpus_of(50, 300), Augmentation())
    two.batch(0)
    assert one.batch(7).rows.tolist() == two.batch(7).rows.tolist()
    assert one.batch(7).rows.tolist() != one.batch(8).rows.tolist()
    assert one.batch(7).rows.tolist() != crops(corpus_of(50, 300), Augmentation(), seed=2).batch(7).rows.tolist()


def test_unaugmented_crops_are_stretches_of_the_piece_with_their_true_history():
    whole = ENCODING.encode(played(300), Order.ASCENDING)[:, :ORDER].tolist()
    batch = crops(corpus_of(300), batch=64).batch(0)
    assert batch.rows.shape == (64, 48, 7) and batch.weight.shape == (64, 47)
    for rows, weight in zip(batch.rows, batch.weight, strict=True):
        real = rows[rows[:, PITCH] < PAD_PITCH][:, :ORDER].tolist()
        begin = 300 - len(real) if not weight[-1] else next(i for i in range(300) if whole[i : i + len(real)] == real)
        assert real == whole[begin : begin + len(real)]
        assert begin == 0 or rows[0, PITCH] < PAD_PITCH


def test_history_can_be_dropped_and_then_the_crop_begins_as_a_piece_does():
    rows = crops(corpus_of(300), replace(STILL, drop_history=1)).batch(0).rows
    assert (rows[:, : CONTEXT - 1, PITCH] == PAD_PITCH).all()
    assert (rows[:, CONTEXT - 1, IOI] == ENCODING.sizes[IOI] - 1).all()
    assert (rows[:, CONTEXT - 1, SOUNDING] == 0).all()


def test_a_part_may_be_played_alone_and_is_then_a_piece_of_its_own():
    batch = crops(corpus_of(300), replace(STILL, alone=1), batch=16).batch(0)
    line = ENCODING.encode(played(300)[::2], Order.ASCENDING)[:, :ORDER].tolist()
    firsts = set()
    for rows in batch.rows:
        real = rows[rows[:, PITCH] < PAD_PITCH]
        assert len(set(real[:, PART])) == 1
        firsts.add(int(real[0, PART]))
        if real[0, PART] == Part.LEAD:
            told = real[:, :ORDER].tolist()
            assert any(told == line[i : i + len(told)] for i in range(150))
    assert firsts == {Part.LEAD, Part.ACCOMPANIMENT}
    alone = crops(corpus_of(2, 300), replace(STILL, alone=1), batch=64).batch(0)
    assert (alone.weight.sum(1) > 0).all()


def test_all_orders_come_up():
    rows = crops(corpus_of(300), batch=40).batch(0).rows
    assert set(rows[:, -1, ORDER].tolist()) == set(Order)


@given(st.integers(0, 1000), st.integers(0, 115))
def test_augmented_notes_stay_notes(seed, pitch):
    notes = Augmentation().apply(played(60, pitch=pitch), Labels.REGISTER, np.random.default_rng(seed))
    assert (np.diff(notes["onset"]) >= 0).all()
    assert (notes["duration"] >= 0).all() and (notes["duration"] <= 8).all()
    assert notes["pitch"].max() <= 127 and notes["velocity"].min() >= 1 and notes["velocity"].max() <= 127
    assert len(notes) == 60
    shift = int(notes["pitch"][:1].astype(int)[0]) - pitch
    assert -20 < shift < 20


def test_transposition_is_one_for_the_whole_crop_and_covers_an_octave():
    shifts = set()
    for seed in range(200):
        notes = replace(STILL, transpose=(-5, 6)).apply(played(24), Labels.ROLE, np.random.default_rng(seed))
        difference = notes["pitch"].astype(int) - played(24)["pitch"]
        assert len(set(difference)) == 1
        shifts.add(int(difference[0]))
    assert shifts == set(range(-5, 7))


def test_the_original_is_left_alone():
    notes = played(24)
    Augmentation().apply(notes, Labels.ROLE, np.random.default_rng(0))
    assert notes.tolist() == played(24).tolist()


@pytest.mark.parametrize(("labels", "swapped"), [(Labels.ROLE, 0), (Labels.REGISTER, 1)])
def test_only_labels_of_register_are_swapped(labels, swapped):
    rng = np.random.default_rng(0)
    firsts = [int(STILL.apply(played(4), labels, rng)["part"][0]) for _ in range(400)]
    assert abs(np.mean(firsts) - 0.5 * swapped) < 0.1
    unsplit = played(4)
    unsplit["part"] = Part.UNSPLIT
    assert (STILL.apply(unsplit, labels, rng)["part"] == Part.UNSPLIT).all()


def test_parts_are_dropped_as_often_as_asked():
    rng = np.random.default_rng(0)
    dropped = [(Augmentation().apply(played(4), Labels.ROLE, rng)["part"] == Part.UNSPLIT).all() for _ in range(400)]
    assert abs(np.mean(dropped) - 0.5) < 0.1


def test_bin_bits_say_what_a_wide_bin_hides():
    rows = np.zeros((1, 3, 7), np.int32)
    rows[0, :, IOI] = [0, ENCODING.ioi_bin(0.06), ENCODING.sizes[IOI] - 1]
    rows[0, 2, PITCH] = 60
    bits = bin_bits(Encoding(velocity_bins=16), rows)
    assert bits[0, 0, IOI] == 0 and bits[0, 1, IOI] == pytest.approx(0, abs=1e-5)
    assert bits[0, 2, IOI] == pytest.approx(np.log2((10 - ENCODING.ioi_edges[-1]) / 0.01), abs=1e-5)
    assert bits[0, :, VELOCITY].tolist() == [1, 1, 1]
    rows[0, 0, PITCH] = PAD_PITCH
    assert not bin_bits(Encoding(velocity_bins=16), rows)[0, 0].any()


def test_prefetched_batches_come_in_order_and_errors_reach_the_reader():
    def make(index):
        if index == 7:
            raise ValueError("seven")
        return Batch(np.full((1, 1, 7), index), NOTHING[None], NOTHING, np.ones(1, np.float32))

    batches = prefetched(make, 3, ahead=2)
    assert [int(next(batches).rows[0, 0, 0]) for _ in range(4)] == [3, 4, 5, 6]
    with pytest.raises(ValueError, match="seven"):
        next(batches)


def test_closing_ends_the_thread():
    before = set(threading.enumerate())
    batches = prefetched(lambda i: Batch(np.zeros((1, 1, 7), np.int32), NOTHING[None], NOTHING, NOTHING[0]), 0)
    next(batches)
    (worker,) = set(threading.enumerate()) - before
    batches.close()
    worker.join(60)
    assert not worker.is_alive()


def test_a_corpus_without_training_notes_is_refused():
    with pytest.raises(ValueError, match="no training notes"):
        crops(corpus_of(1))


def test_velocities_of_scores_are_not_to_be_learned():
    corpus = corpus_of(30, 30)
    from training.objective import FieldBits, nats, targets

    scored = replace(corpus, scored=np.ones(len(corpus.names), bool))
    batch = Crops(scored, Encoding(), crop=8, batch=2, seed=0, augmentation=Augmentation()).batch(0)
    assert batch.heard.tolist() == [0, 0]
    assert held_out(corpus, Encoding(), "train", crop=8).heard.all()
    assert not held_out(scored, Encoding(), "train", crop=8, limit=16).heard.any()
    scores = np.zeros((*batch.weight.shape, len(FIELDS)), np.float32)
    scores[..., VELOCITY] = -3.0
    found = {}
    for name, counted in (("scored", batch.heard), ("played", np.ones(2, np.float32))):
        wanted = targets(Encoding(), replace(batch, heard=counted))
        metric = FieldBits(VELOCITY)
        metric.update_state(wanted, scores)
        found[name] = (float(nats(wanted, scores)), float(metric.result()))
    assert found["scored"] == (0.0, 0.0)
    assert found["played"] == pytest.approx((3.0, 3.0 / np.log(2)))
    assert bin_bits(Encoding(), batch.rows)[..., VELOCITY].max() == 0


def test_dials_say_what_was_heard_before_each_note_also_beyond_the_context():
    """32 notes are 8 seconds here; the dials look back half a minute."""
    whole = heard(arrange(played(300), Order.ASCENDING))
    batch = crops(corpus_of(300), batch=32).batch(0)
    steady = 0
    for rows, dials, weight in zip(batch.rows, batch.dials, batch.weight, strict=True):
        assert not dials[rows[1:, PITCH] == PAD_PITCH].any()
        if (rows[:, PITCH] < PAD_PITCH).all() and weight[CONTEXT - 1 :].all():
            # Exact where notes are to be predicted; which stretch of the piece it is, the dials must tell.
            told = dials[CONTEXT - 1 :]
            steady += any(np.allclose(told, whole[i : i + 16], atol=1e-4) for i in range(150, 285))
    assert steady > 3


def test_what_is_asked_is_what_comes_passage_by_passage():
    batch = crops(corpus_of(300), replace(STILL, ask=1, passage=(8, 8)), batch=8).batch(0)
    passages = 0
    for rows, dials, weight in zip(batch.rows, batch.dials, batch.weight, strict=True):
        asked, expected = dials[weight > 0], rows[1:][weight > 0]
        passages += len(expected) > 8
        for first in range(0, len(expected), 8):
            told, notes = asked[first : first + 8], expected[first : first + 8]
            register, loudness = (told[:, FIELD[dial]] for dial in (Dial.ASKED_REGISTER, Dial.ASKED_LOUDNESS))
            assert (register == register[0]).all() and (register[:, 1] == 1).all()
            assert register[0, 0] * 12 + 64 == pytest.approx(notes[:, PITCH].mean(), abs=1e-3)
            assert loudness[0, 0] * 24 + 64 == pytest.approx(notes[:, VELOCITY].mean() * 4 + 2, abs=2)
    assert passages > 3


def test_a_brief_passage_is_asked_for_at_the_pace_it_has():
    whole = arrange(played(300), Order.ASCENDING)
    dials = heard(whole)
    replace(STILL, ask=1, passage=(5, 5)).turn_dials(dials, whole, 40, np.random.default_rng(0))
    assert dials[:, FIELD[Dial.ASKED_DENSITY].start] == pytest.approx(float(density(4.0)), abs=1e-5)


def test_passages_are_of_any_length_up_to_the_whole_crop():
    whole, rng = arrange(played(300), Order.ASCENDING), np.random.default_rng(0)
    kinds = []
    for _ in range(200):
        dials = heard(whole)
        replace(STILL, ask=1, passage=(12, 256)).turn_dials(dials, whole, 40, rng)
        kinds.append(len(np.unique(dials[:, FIELD[Dial.ASKED_REGISTER].start])))
    assert min(kinds) == 2 and max(kinds) > 10


def test_kinds_of_dials_are_dropped_each_by_itself_and_seldom_asked():
    augmentation, rng = replace(STILL, drop_dial=0.25, ask=0.25, ask_anew=0), np.random.default_rng(0)
    told = {dial: 0 for dial in Dial}
    whole = arrange(played(20), Order.ASCENDING)
    for _ in range(400):
        dials = heard(whole)
        augmentation.turn_dials(dials, whole, 4, rng)
        for dial in Dial:
            told[dial] += bool(dials[-1, FIELD[dial]][-1])
    for dial, count in told.items():
        assert abs(count / 400 - (0.25 if dial >= Dial.ASKED_DENSITY else 0.75)) < 0.08, dial


def test_where_something_is_asked_what_was_heard_of_it_is_often_left_out():
    augmentation, rng = replace(STILL, ask=0.5, ask_anew=0.5), np.random.default_rng(0)
    whole, known = arrange(played(20), Order.ASCENDING), {True: [], False: []}
    for _ in range(400):
        dials = heard(whole)
        augmentation.turn_dials(dials, whole, 4, rng)
        known[bool(dials[-1, FIELD[Dial.ASKED_DENSITY]][-1])].append(dials[-1, FIELD[Dial.DENSITY]][-1] > 0)
    assert np.mean(known[False]) == 1 and abs(np.mean(known[True]) - 0.5) < 0.1
