"""The exported step against the Keras network, and its sampler against the distribution it reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnx
import pytest
from keras import ops

from improv.dials import WIDTH
from improv.encoding import FIELDS, IOI, PITCH, Encoding
from improv.errors import UserError
from improv.model import METADATA_KEY, OnnxModel, load
from improv.step import NEVER, Controls, controls
from tests.training.conftest import ABOUT, SMALL, random_dials, random_rows
from training.export import export
from training.networks.wavenet import WaveNet

ENCODING = Encoding()


def flat(seed: int = 0, batch: int = 1) -> Controls:
    return controls(ENCODING, np.random.default_rng(seed), batch=batch)


def test_step_by_step_equals_the_whole_window(network: WaveNet, model: OnnxModel) -> None:
    """Keras over 48 rows at once, ONNX a row at a time: scores within 1e-5."""
    rows = random_rows(48)
    dials = random_dials(49)
    whole = ops.convert_to_numpy(network((rows, dials[:, 1:48])))[0]
    state, heard = model.start() * 0, []
    for k in range(rows.shape[1]):
        step = model.step(rows[:, k : k + 1], dials[:, k : k + 2], state, flat())
        state = step.state
        heard.append(step.heard[0, 0])
    np.testing.assert_allclose(np.array(heard)[1:], whole, atol=1e-5, rtol=1e-5)


def test_a_chord_fed_at_once_equals_its_notes_one_by_one(model: OnnxModel) -> None:
    rows, dials, how = random_rows(10), random_dials(11), flat(3)
    at_once = model.step(rows, dials, model.start(), how)
    state = model.start()
    for k in range(10):
        last = model.step(rows[:, k : k + 1], dials[:, k : k + 2], state, how)
        np.testing.assert_allclose(last.heard[0, 0], at_once.heard[0, k], atol=1e-5)
        assert last.best_pitch[0, 0] == at_once.best_pitch[0, k]
        state = last.state
    np.testing.assert_allclose(state, at_once.state, atol=1e-5)
    np.testing.assert_allclose(last.raw, at_once.raw, atol=1e-4)
    assert np.array_equal(last.drawn, at_once.drawn)


def test_batch_members_do_not_mix(model: OnnxModel) -> None:
    rows, dials, how = random_rows(5, batch=3), random_dials(6, batch=3), flat(4, batch=3)
    together = model.step(rows, dials, model.start(3), how)
    for b in range(3):
        one = Controls(**{name: getattr(how, name)[b : b + 1] for name in Controls.__dataclass_fields__})
        alone = model.step(rows[b : b + 1], dials[b : b + 1], model.start(), one)
        np.testing.assert_allclose(alone.heard[0], together.heard[b], atol=1e-5)
        assert np.array_equal(alone.drawn[0], together.drawn[b])


def test_heard_scores_are_the_raw_distribution(model: OnnxModel) -> None:
    """What is drawn has, once fed, the raw log-probability it was announced with."""
    dials = random_dials(10)
    first = model.step(random_rows(8), dials[:, :9], model.start(), flat(1))
    row = np.zeros((1, 1, 7), np.int32)
    row[0, 0, :5] = first.drawn[0]
    second = model.step(row, dials[:, 8:], first.state, flat(2))
    for index in range(len(FIELDS)):
        announced = first.raw[0, ENCODING.offsets[index] + first.drawn[0, index]]
        assert second.heard[0, 0, index] == pytest.approx(announced, abs=1e-5)
    given_truth = first.raw[0, ENCODING.field(PITCH)]
    assert second.best_pitch[0, 0] == given_truth.argmax()


def adjusted(how: Controls, case: str) -> Controls:
    rng = np.random.default_rng(9)
    if case == "temperature":
        return replace(how, temperature=np.full_like(how.temperature, 0.5))
    if case == "top_p":
        return replace(how, top_p=np.full_like(how.top_p, 0.7))
    if case == "mask":
        bias = np.where(rng.random(how.bias.shape[1]) < 0.5, NEVER, 0).astype(np.float32)
        return replace(how, bias=np.broadcast_to(bias, how.bias.shape).copy())
    if case == "memory":
        prior = np.concatenate([rng.dirichlet(np.full(size, 0.1)) for size in ENCODING.sizes]).astype(np.float32)
        return replace(how, prior=np.broadcast_to(prior, how.prior.shape).copy(), weight=np.full_like(how.weight, 0.75))
    return how


@pytest.mark.parametrize("case", ["plain", "temperature", "top_p", "mask", "memory"])
def test_frequencies_match_the_reported_distribution(model: OnnxModel, case: str) -> None:
    """Chi-square on part and ioi (drawn first), and on pitch given the commonest part and ioi."""
    draws = 4096
    how = adjusted(flat(11, batch=draws), case)
    rows, dials = (np.repeat(one, draws, axis=0) for one in (random_rows(4), random_dials(5)))
    step = model.step(rows, dials, model.start(draws), how)
    assert_chi_square(step.drawn[:, 0], step.used[0, ENCODING.field(0)])
    part = np.bincount(step.drawn[:, 0]).argmax()
    chosen = step.drawn[:, 0] == part
    assert_chi_square(step.drawn[chosen, IOI], step.used[chosen][0, ENCODING.field(IOI)])
    ioi = np.bincount(step.drawn[chosen, IOI]).argmax()
    chosen &= step.drawn[:, IOI] == ioi
    assert_chi_square(step.drawn[chosen, PITCH], step.used[chosen][0, ENCODING.field(PITCH)])


def assert_chi_square(drawn: np.ndarray, p: np.ndarray) -> None:
    """Pearson's statistic under its 99.99 % bound (Wilson-Hilferty), bins of under 5 expected draws pooled."""
    counts = np.bincount(drawn, minlength=len(p))
    assert counts[p == 0].sum() == 0
    expected = p / p.sum() * len(drawn)
    rare = expected < 5
    observed = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    observed, expected = observed[expected > 0], expected[expected > 0]
    freedom = max(1, len(observed) - 1)
    bound = freedom * (1 - 2 / (9 * freedom) + 3.719 * np.sqrt(2 / (9 * freedom))) ** 3
    assert ((observed - expected) ** 2 / expected).sum() < bound


def test_the_reported_distribution_follows_the_formula(model: OnnxModel) -> None:
    """Used = softmax((log((1 - w) p + w m) + bias) / T), cut to the nucleus."""
    how = flat(5)
    rng = np.random.default_rng(6)
    how = replace(
        how,
        bias=rng.normal(size=how.bias.shape).astype(np.float32),
        temperature=np.full_like(how.temperature, 0.8),
        top_p=np.full_like(how.top_p, 0.6),
        prior=np.concatenate([rng.dirichlet(np.ones(size)) for size in ENCODING.sizes])[None].astype(np.float32),
        weight=np.array([[0.0, 0.2, 0.4, 0.6, 1.0]], np.float32),
    )
    step = model.step(random_rows(4), random_dials(5), model.start(), how)
    for index in range(len(FIELDS)):
        span = ENCODING.field(index)
        p = np.exp(step.raw[0, span].astype(np.float64))
        weight = float(how.weight[0, index])
        p = (1 - weight) * p + weight * how.prior[0, span]
        shaped = np.exp((np.log(p) + how.bias[0, span]) / 0.8)
        shaped /= shaped.sum()
        ranked = np.sort(shaped)[::-1]
        least = ranked[(np.cumsum(ranked) - ranked) < 0.6].min()
        kept = np.where(shaped >= least * (1 - 1e-5), shaped, 0)
        np.testing.assert_allclose(step.used[0, span], kept / kept.sum(), atol=2e-5)


@pytest.mark.parametrize("u", [0.0, 1 - 2**-24])
def test_the_edges_of_u_never_draw_what_is_ruled_out(model: OnnxModel, u: float) -> None:
    for seed in range(20):
        how = flat(seed)
        rng = np.random.default_rng(seed)
        bias = np.where(rng.random(how.bias.shape) < 0.9, NEVER, 0).astype(np.float32)
        for index in range(len(FIELDS)):  # something must be left of every field; not its first or last value
            bias[0, ENCODING.offsets[index] + 1] = 0
            bias[0, [ENCODING.offsets[index], ENCODING.offsets[index + 1] - 1]] = NEVER
        how = replace(how, bias=bias, u=np.full_like(how.u, u))
        step = model.step(random_rows(3, seed), random_dials(4, seed), model.start(), how)
        for index, value in enumerate(step.drawn[0]):
            assert bias[0, ENCODING.offsets[index] + value] == 0
            assert step.used[0, ENCODING.offsets[index] + value] > 0


def test_state_is_a_value(model: OnnxModel) -> None:
    start, how, dials = model.start(), flat(7), random_dials(4)
    kept = start.copy()
    one = model.step(random_rows(3), dials, start, how)
    model.step(random_rows(3, 8), dials, one.state, how)
    assert np.array_equal(start, kept)
    again = model.step(random_rows(3), dials, start, how)
    assert np.array_equal(again.state, one.state) and np.array_equal(again.drawn, one.drawn)


def test_only_the_last_32_rows_matter(model: OnnxModel) -> None:
    rows, dials = random_rows(40), random_dials(41)
    whole = model.step(rows, dials, model.start(), flat())
    tail = model.step(rows[:, -32:], dials[:, -33:], model.start(), flat())
    np.testing.assert_allclose(tail.raw, whole.raw, atol=1e-5)


def test_dials_are_heeded_at_once_and_not_kept(model: OnnxModel) -> None:
    rows, quiet = random_rows(6), np.zeros((1, 7, WIDTH), np.float32)
    turned = quiet.copy()
    turned[:, -1] = random_dials(1)[0]
    before, after = (model.step(rows, dials, model.start(), flat()) for dials in (quiet, turned))
    assert np.array_equal(before.state, after.state) and np.array_equal(before.heard, after.heard)
    assert np.abs(before.raw - after.raw).max() > 0.01
    turned[:, 2] = random_dials(1, 1)[0]
    assert np.abs(model.step(rows, turned, model.start(), flat()).heard - before.heard)[0].max(1)[2] > 0.01


def test_a_network_without_dials_has_no_such_input(tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    plain = WaveNet(replace(SMALL, dials=0))
    plain.build()
    export(plain, tmp_path / "plain.onnx", ABOUT)
    model = load(tmp_path / "plain.onnx")
    one, other = (model.step(random_rows(3), random_dials(4, seed), model.start(), flat()) for seed in (0, 1))
    assert np.array_equal(one.raw, other.raw)


def edited(source: Path, target: Path, **changes: object) -> Path:
    proto = onnx.load(source)
    meta = json.loads(proto.metadata_props[0].value)
    meta.update(changes)
    onnx.helper.set_model_props(proto, {METADATA_KEY: json.dumps(meta)})
    onnx.save(proto, target)
    return target


def refused(path: Path) -> str:
    with pytest.raises(UserError) as error:
        load(path)
    message = str(error.value)
    assert str(path) in message and "\n" not in message
    return message


def test_bad_files_are_refused_in_one_line(onnx_path: Path, tmp_path: Path) -> None:
    assert "no such" in refused(tmp_path / "missing.onnx")
    data = onnx_path.read_bytes()
    for name, content in (("cut.onnx", data[: len(data) // 2]), ("text.onnx", b"hello"), ("empty.onnx", b"")):
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name)
    assert "format 99" in refused(edited(onnx_path, tmp_path / "version.onnx", format_version=99))
    assert "dials" in refused(edited(onnx_path, tmp_path / "dials.onnx", dials={"profile": 12}))
    assert "receptive_field 64" in refused(edited(onnx_path, tmp_path / "field.onnx", receptive_field=64))
    assert "fields" in refused(edited(onnx_path, tmp_path / "fields.onnx", fields=["pitch"]))
    assert "metadata" in refused(edited(onnx_path, tmp_path / "probe.onnx", probe={}))
    assert "metadata" in refused(edited(onnx_path, tmp_path / "velocity.onnx", velocity="loud"))


def test_a_foreign_onnx_file_is_refused(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    value = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
    graph = onnx.helper.make_graph([node], "foreign", value[:1], value[1:])
    path = tmp_path / "foreign.onnx"
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), path)
    assert "not an improv model" in refused(path)


def test_altered_weights_fail_the_probe(onnx_path: Path, tmp_path: Path) -> None:
    proto = onnx.load(onnx_path)
    weight = max(proto.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    weight.raw_data = (np.frombuffer(weight.raw_data, np.float32) * 1.5).astype(np.float32).tobytes()
    onnx.save(proto, tmp_path / "altered.onnx")
    assert "probe" in refused(tmp_path / "altered.onnx")
