"""What all kinds of networks keep: as large as asked, one step whatever is inside, a window that ends where it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from keras import ops

from improv import phrase
from improv.encoding import COLUMNS, DURATION, PITCH, Encoding
from improv.errors import UserError
from improv.events import NoteOn
from improv.jam import jam
from improv.model import METADATA_KEY, OnnxModel, load
from improv.settings import Settings as Playing
from improv.step import controls
from tests.training.conftest import ABOUT, SMALL, random_dials, random_rows
from training.building import Settings, build
from training.checkpoint import load_network, save_network
from training.dataset import CONTEXT
from training.export import export
from training.networks import NAMES, lstm
from training.networks.base import Network
from training.networks.kinds import KINDS, make
from training.networks.wavenet import WaveNetConfig

#: Rows that are compared; more than a window, and than the LSTM is trained on together.
COUNT = 80
OTHERS = [name for name in NAMES if name != "wavenet"]


@pytest.fixture(scope="module", params=NAMES)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def network(kind: str) -> Network:
    """An untrained network whose distributions are far from flat, and which heeds its dials."""
    keras.utils.set_random_seed(1)
    made = make(kind, replace(SMALL))
    made.build()
    for weight in made.trainable_weights:
        weight.assign(weight * 1.5)
    kernel = made.dials[1].kernel
    kernel.assign(np.random.default_rng(1).normal(0, 0.5, kernel.shape))
    return made


@pytest.fixture(scope="module")
def path(network: Network, kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its ONNX file, by way of the .keras file that `fit` would have written."""
    folder = tmp_path_factory.mktemp(kind)
    save_network(network, folder / "net.keras")
    export(load_network(folder / "net.keras"), folder / "net.onnx", ABOUT)
    return folder / "net.onnx"


@pytest.fixture(scope="module")
def model(path: Path) -> OnnxModel:
    return load(path)


@pytest.mark.parametrize(
    "like", [WaveNetConfig(), WaveNetConfig(channels=96, skip=192, pointwise=0, dials=0)], ids=["deep", "flat"]
)
@pytest.mark.parametrize("name", OTHERS)
def test_all_have_as_many_parameters_as_the_wavenet(name: str, like: WaveNetConfig) -> None:
    wavenet, other = make("wavenet", like), make(name, like)
    wavenet.build()
    other.build()
    assert other.count_params() == pytest.approx(wavenet.count_params(), rel=0.02)
    assert (other.config.hidden, other.config.dials) == (like.hidden, like.dials)


def test_the_names_are_those_of_the_classes() -> None:
    assert tuple(KINDS) == NAMES


def test_step_by_step_equals_the_whole(network: Network, model: OnnxModel) -> None:
    """Keras over all rows at once, as it is trained; ONNX a row at a time, as it plays."""
    rows, dials = random_rows(COUNT), random_dials(COUNT + 1)
    whole = ops.convert_to_numpy(network((rows, dials[:, 1:COUNT])))[0]
    state, heard = model.start() * 0, []
    how = controls(model.encoding, np.random.default_rng(0))
    for k in range(COUNT):
        step = model.step(rows[:, k : k + 1], dials[:, k : k + 2], state, how)
        state = step.state
        heard.append(step.heard[0, 0])
    np.testing.assert_allclose(np.array(heard)[CONTEXT:], whole[CONTEXT - 1 :], atol=2e-5, rtol=1e-5)
    at_once = model.step(rows, dials, model.start() * 0, how)
    np.testing.assert_allclose(at_once.heard[0], heard, atol=2e-5)
    np.testing.assert_allclose(at_once.state, state, atol=1e-5)
    assert np.array_equal(at_once.drawn, step.drawn)


def test_members_of_a_batch_do_not_mix(model: OnnxModel) -> None:
    rows, dials = random_rows(5, batch=3), random_dials(6, batch=3)
    together = model.step(rows, dials, model.start(3), controls(model.encoding, np.random.default_rng(0), batch=3))
    for b in range(3):
        alone = model.step(
            rows[b : b + 1], dials[b : b + 1], model.start(), controls(model.encoding, np.random.default_rng(0))
        )
        np.testing.assert_allclose(alone.heard[0], together.heard[b], atol=1e-5)
        np.testing.assert_allclose(alone.raw[0, :3], together.raw[b, :3], atol=1e-5)


def test_the_33rd_row_back_counts_only_where_the_file_says_so(network: Network, path: Path) -> None:
    def last(rows: np.ndarray) -> np.ndarray:
        zeros = ops.zeros((1, network.state_size))
        return ops.convert_to_numpy(network.features(ops.convert_to_tensor(rows), zeros)[0][:, -1])

    meta = json.loads(onnx.load(path).metadata_props[0].value)
    assert meta["receptive_field"] == network.receptive_field
    rows = random_rows(40)
    before = last(rows)
    limits = (*Encoding().sizes, 4096, 3)
    beyond, within = [], []
    for column in (c for c in range(len(COLUMNS)) if c != DURATION):
        for back, same in ((33, beyond), (32, within)):
            changed = rows.copy()
            changed[0, -back, column] = (changed[0, -back, column] + 1) % limits[column]
            same.append(np.array_equal(last(changed), before))
    assert all(beyond) if network.receptive_field else not any(beyond)
    assert not all(within)  # pooling hides most of what is far back
    changed = rows.copy()
    changed[0, :, DURATION] = 0
    assert np.array_equal(last(changed), before)


def test_each_plays_a_session(model: OnnxModel) -> None:
    result = jam(phrase.events(), model, Playing(), np.random.default_rng(0))
    assert any(isinstance(event, NoteOn) for event in result.improv)


@pytest.mark.parametrize("field", [31, 64])
def test_a_window_that_is_not_32_is_refused(path: Path, tmp_path: Path, field: int) -> None:
    proto = onnx.load(path)
    meta = {**json.loads(proto.metadata_props[0].value), "receptive_field": field}
    onnx.helper.set_model_props(proto, {METADATA_KEY: json.dumps(meta)})
    onnx.save(proto, tmp_path / "other.onnx")
    with pytest.raises(UserError, match=f"receptive_field {field}, this improv needs 32"):
        load(tmp_path / "other.onnx")


def test_the_lstm_learns_from_stretches_and_is_run_over_windows() -> None:
    """In training each row has what its stretch gives it; the last of a stretch, the window and what was before."""
    net = make("lstm", replace(SMALL))
    net.build()
    rows, dials = random_rows(CONTEXT + lstm.TOGETHER), random_dials(CONTEXT + lstm.TOGETHER)[:, 1:]
    trained = ops.convert_to_numpy(net((rows, dials), training=True))
    run = ops.convert_to_numpy(net((rows, dials)))
    assert trained.shape == run.shape
    assert not trained[:, : CONTEXT - 1].any() and not run[:, : CONTEXT - 1].any()
    # 79 rows are read: of the second stretch, rows 31 to 78, that of row 62 has just a window before it.
    at = 2 * CONTEXT - 2
    np.testing.assert_allclose(trained[0, at], run[0, at], atol=1e-5)
    assert not np.allclose(trained[0, at + 8], run[0, at + 8], atol=1e-5)


@pytest.mark.parametrize("name", OTHERS)
def test_a_run_may_start_from_one_of_its_kind_only(name: str, tmp_path: Path) -> None:
    sizes = {"channels": 16, "skip": 24, "hidden": 20, "pointwise": 0, "dials": 0}
    first = build(Settings(network=name, **sizes), Encoding())
    save_network(first, tmp_path / "first.keras")
    start = {"start": str(tmp_path / "first.keras"), "grow": True}
    again = build(Settings(network=name, seed=1, **start, **sizes), Encoding())
    rows, dials = random_rows(40), random_dials(40)[:, 1:]
    np.testing.assert_allclose(again((rows, dials)), first((rows, dials)), atol=1e-6)
    with pytest.raises(UserError, match=r"first.keras: a network of another kind than --network wavenet"):
        build(Settings(**start, **sizes), Encoding())


def test_the_best_pitch_is_that_of_the_row_before(model: OnnxModel) -> None:
    """Scores of a row do not see its pitch."""
    rows, dials = random_rows(40), random_dials(41)
    how = controls(model.encoding, np.random.default_rng(0))
    one = model.step(rows, dials, model.start(), how)
    rows[0, -1, PITCH] = (rows[0, -1, PITCH] + 1) % 128
    other = model.step(rows, dials, model.start(), how)
    assert np.array_equal(one.best_pitch, other.best_pitch)
    assert np.array_equal(one.heard[0, :-1], other.heard[0, :-1])
