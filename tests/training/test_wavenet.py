"""The network by itself: what it sees, and that its convolution is the one in the books."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from improv.encoding import COLUMNS, DURATION, PITCH, Encoding, Order, as_array
from improv.errors import UserError
from improv.notes import Note
from tests.training.conftest import SMALL, random_dials, random_rows
from training.building import Settings, build
from training.checkpoint import save_network
from training.networks.blocks import GatedBlock
from training.networks.wavenet import DILATIONS, WaveNet, receptive_field


def last_features(network: WaveNet, rows: np.ndarray) -> np.ndarray:
    zeros = ops.zeros((len(rows), network.state_size))
    return ops.convert_to_numpy(network.features(ops.convert_to_tensor(rows), zeros)[0][:, -1])


def test_receptive_field_is_32() -> None:
    assert receptive_field(DILATIONS) == 32


@pytest.mark.parametrize("column", [c for c in range(len(COLUMNS)) if c != DURATION])
def test_33rd_row_back_changes_nothing_and_the_32nd_does(network: WaveNet, column: int) -> None:
    rows = random_rows(40)
    limits = (*Encoding().sizes, 4096, 3)
    before = last_features(network, rows)
    for back, same in ((33, True), (32, False)):
        changed = rows.copy()
        changed[0, -back, column] = (changed[0, -back, column] + 1) % limits[column]
        assert np.array_equal(last_features(network, changed), before) is same


def test_duration_of_a_past_row_is_not_read(network: WaveNet) -> None:
    rows = random_rows(40)
    before = last_features(network, rows)
    rows[..., DURATION] = (rows[..., DURATION] + 7) % Encoding().sizes[DURATION]
    assert np.array_equal(last_features(network, rows), before)


def performance() -> list[Note]:
    rng = np.random.default_rng(5)
    onsets = np.cumsum(rng.choice([0.0, 0.25, 0.5], 60))
    return [Note(float(onset), int(rng.integers(40, 80)), 64, 0.125) for onset in onsets]


def test_notes_let_go_before_the_window_change_nothing(network: WaveNet) -> None:
    """Through the real encoder: only the onset of the note before the window is seen, by one row's ioi."""
    encoding, notes = Encoding(), performance()
    rows = encoding.encode(as_array(notes), Order.ASCENDING)
    before = last_features(network, rows[None])
    edge = as_array(notes)["onset"][-32]
    old = [i for i, note in enumerate(notes) if note.onset + 0.125 < edge]
    assert len(old) > 10
    for i in old:
        changed = list(notes)
        changed[i] = Note(notes[i].onset, (notes[i].pitch + 5) % 128, 20, 0.0625)
        again = last_features(network, encoding.encode(as_array(changed), Order.ASCENDING)[None])
        assert np.array_equal(again, before)


@pytest.mark.parametrize(("held", "known"), [(1.25, False), (7.5, True)])
def test_of_an_older_note_only_a_key_still_down_is_known(network: WaveNet, held: float, known: bool) -> None:
    """40 notes a quarter of a second apart: the window begins at 2.0 s, the low note at 0.5 s is outside it."""
    encoding = Encoding()

    def hidden(duration: float) -> np.ndarray:
        notes = [Note(0.25 * i, 61 + i % 7, 64, 0.125) for i in range(40)]
        notes[2] = Note(0.5, 36, 64, duration)
        return last_features(network, encoding.encode(as_array(notes), Order.ASCENDING)[None])

    assert np.array_equal(hidden(0.125), hidden(held)) is not known


def test_convolution_equals_numpy() -> None:
    """tanh(conv) x sigmoid(conv), summed tap by tap as the definition has it."""
    channels, skip, dilation, steps = 6, 5, 4, 11
    block = GatedBlock(channels, skip, dilation, 0.0)
    block.build((None, None, channels))
    rng = np.random.default_rng(2)
    for weight in block.trainable_weights:
        weight.assign(rng.normal(size=weight.shape).astype(np.float32))
    x = rng.normal(size=(1, steps, channels)).astype(np.float32)
    past = rng.normal(size=(1, dilation, channels)).astype(np.float32)
    y, skips, after = (ops.convert_to_numpy(part) for part in block(x, past))

    scale, shift = block.norm.scale.numpy(), block.norm.shift.numpy()
    normed = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * scale + shift
    line = np.concatenate([past, normed], axis=1)
    kernel, bias = (weight.numpy() for weight in block.gate.weights)
    expected_gate = np.zeros((steps, 2 * channels))
    for t in range(steps):
        for tap, source in enumerate((line[0, t], line[0, t + dilation])):
            expected_gate[t] += source @ kernel[tap * channels : (tap + 1) * channels]
    expected_gate += bias
    gated = np.tanh(expected_gate[:, :channels]) / (1 + np.exp(-expected_gate[:, channels:]))
    out = gated @ block.out.weights[0].numpy() + block.out.weights[1].numpy()
    np.testing.assert_allclose(y[0], x[0] + out[:, :channels], atol=2e-5)
    np.testing.assert_allclose(skips[0], out[:, channels:], atol=2e-5)
    np.testing.assert_allclose(after, line[:, -dilation:], atol=2e-6)


def test_teacher_forcing_cannot_see_its_answer(network: WaveNet) -> None:
    rows = random_rows(12)
    dials = random_dials(11)
    before = ops.convert_to_numpy(network((rows, dials)))
    changed = rows.copy()
    changed[0, -1, PITCH] = (changed[0, -1, PITCH] + 1) % 128
    after = ops.convert_to_numpy(network((changed, dials)))
    assert np.array_equal(before[:, :-1], after[:, :-1])
    assert np.array_equal(before[:, -1, :PITCH], after[:, -1, :PITCH])
    assert not np.array_equal(before[:, -1, PITCH:], after[:, -1, PITCH:])


def test_keras_file_keeps_hyperparameters_and_weights(network: WaveNet, tmp_path: Path) -> None:
    network.save(tmp_path / "net.keras")
    again = keras.saving.load_model(tmp_path / "net.keras", compile=False)
    assert again.config == network.config
    inputs = (random_rows(12), random_dials(11))
    assert np.array_equal(ops.convert_to_numpy(again(inputs)), ops.convert_to_numpy(network(inputs)))


def test_a_network_that_grows_begins_by_saying_the_same(network: WaveNet, tmp_path: Path) -> None:
    """Given dials and a tail it lacked, it scores as before; what differs in width is refused by name."""
    keras.utils.set_random_seed(3)
    old = WaveNet(replace(SMALL, dials=0))
    old.build()
    save_network(old, tmp_path / "old.keras")
    sizes = {"channels": 16, "skip": 24, "hidden": 20, "tail": 2, "dials": 8, "dropout": 0.0}
    with pytest.raises(UserError, match=r"old\.keras: its layers have other widths"):
        build(Settings(start=str(tmp_path / "old.keras"), grow=True, **sizes), Encoding())
    grown = WaveNet(replace(SMALL, tail=2))
    grown.build()
    grown.take_over(old)
    rows = random_rows(12)
    found = [ops.convert_to_numpy(one((rows, random_dials(11)))) for one in (old, grown)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-6)
    assert grown.count_params() > old.count_params()
