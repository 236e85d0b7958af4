"""The ONNX side of the model seam: load a file, refuse what is not ours by name, run steps."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort

from improv import onnxfile
from improv.dials import SIZES, WIDTH, Dial
from improv.encoding import COLUMNS, FIELDS, PAD_PITCH, PITCH, Encoding, Rows
from improv.errors import UserError
from improv.step import Controls, Floats, Step, read_only

FORMAT_VERSION = 2
METADATA_KEY = "improv"
#: Rows a network may see of the past, the last one included; or, of one that carries its state on, no limit.
RECEPTIVE_FIELD = 32
#: By the bits of a weight, how far the probe's log-probabilities and state may lie from what the network computes in
#: single precision: other processors and providers round differently, a wrong model is off by whole units.
PROBE_TOLERANCE = {32: 0.02, 8: 0.2}
#: No state has more numbers: a file that says so is refused before it is believed.
LARGEST_STATE = 1 << 20
#: What onnxruntime calls that which the setting `provider` names.
PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
}
#: How many numbers each kind of dial has, as the file must name them.
DIALS = {dial.name.lower(): size for dial, size in zip(Dial, SIZES, strict=True)}
OUTPUTS = ("heard", "best_pitch", "drawn", "raw", "used", "state_out")


@dataclass(frozen=True, slots=True)
class Card:
    """What a model file says of itself."""

    name: str
    data: str
    licence: str
    attribution: str
    parameters: int


def available() -> list[str]:
    """The providers that the onnxruntime installed here has, as the setting names them."""
    has = ort.get_available_providers()
    return [name for name, full in PROVIDERS.items() if full in has]


class OnnxModel:
    """A step model in an onnxruntime session. Use `load`."""

    def __init__(self, session: ort.InferenceSession, meta: Mapping[str, Any], provider: str) -> None:
        self._session = session
        #: What computes it, one of PROVIDERS.
        self.provider = provider
        self._inputs = [one.name for one in session.get_inputs()]  # a network without dials has no such input
        self._state_size = int(meta["state_size"])
        edges = meta["encoding"]
        self.encoding = Encoding(tuple(edges["ioi_edges"]), tuple(edges["duration_edges"]), int(edges["velocity_bins"]))
        mean, spread = meta["velocity"]
        self.velocity = (float(mean), float(spread))
        self.card = Card(**{key: meta[key] for key in Card.__dataclass_fields__})
        #: Bits of a weight; and of the file in single precision that it was made from, the SHA-256, if it was.
        self.bits, self.made_from = int(meta.get("bits", 32)), meta.get("made_from")
        self._start: Floats | None = None
        self._run = ort.RunOptions()

    def stop(self) -> None:
        """Break off the step that runs; it raises. For another thread."""
        self._run.terminate = True

    @property
    def reads_dials(self) -> bool:
        """Whether the network has dials at all; one that has none plays the same whatever is asked."""
        return "dials" in self._inputs

    def start(self, batch: int = 1) -> Floats:
        """The state after nothing but padding rows, shape (batch, S)."""
        if self._start is None:
            zeros = np.zeros((1, self._state_size), np.float32)
            pads = self.encoding.pad(RECEPTIVE_FIELD)[None]
            none = np.zeros((1, RECEPTIVE_FIELD + 1, WIDTH), np.float32)
            self._start = self.step(pads, none, zeros, read_only(self.encoding)).state
        return np.repeat(self._start, batch, axis=0)

    def step(self, rows: Rows, dials: Floats, state: Floats, how: Controls) -> Step:
        """Feed `rows` (B, K, 7), K >= 1, with `dials` (B, K + 1, WIDTH), and draw the note that follows."""
        feed = {
            "rows": rows,
            "dials": dials,
            "state": state,
            "bias": how.bias,
            "temperature": how.temperature,
            "top_p": how.top_p,
            "u": how.u,
            "prior": how.prior,
            "weight": how.weight,
        }
        self._run.terminate = False
        return Step(*self._session.run(OUTPUTS, {name: feed[name] for name in self._inputs}, self._run))


def load(path: Path, provider: str = "cpu") -> OnnxModel:
    """Load a model written by `improv-train export`; `provider`, one of PROVIDERS, says what computes it.

    Raises UserError, naming the file, if it is missing, not ONNX, not improv's, of another format
    version, or does not compute what its probe says; naming the provider, if that is not to be had here.
    """
    session = _open(path, provider)
    text = session.get_modelmeta().custom_metadata_map.get(METADATA_KEY)
    if text is None:
        raise UserError(f"{path}: an ONNX file, but not an improv model; make one with 'improv-train export'")
    try:
        meta = json.loads(text)
        if meta["format_version"] != FORMAT_VERSION:
            raise UserError(
                f"{path}: model format {meta['format_version']}, this improv reads format {FORMAT_VERSION}; "
                "export the model again"
            )
        _compare(path, "fields", meta["fields"], list(FIELDS))
        _compare(path, "columns", meta["columns"], list(COLUMNS))
        _compare(path, "dials", meta["dials"], DIALS)
        if meta["receptive_field"] is not None:  # null: its state goes on from note to note
            _compare(path, "receptive_field", meta["receptive_field"], RECEPTIVE_FIELD)
        if not 0 < int(meta["state_size"]) <= LARGEST_STATE:
            raise ValueError(f"a state of {meta['state_size']} numbers")
        model = OnnxModel(session, meta, provider)
        _probe(path, model, meta["probe"])
    except (KeyError, IndexError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise UserError(f"{path}: damaged improv metadata ({error}); export the model again") from error
    return model


def _open(path: Path, provider: str) -> ort.InferenceSession:
    if provider not in available():
        offered = ", ".join(available())
        raise UserError(f'provider "{provider}" is not in the onnxruntime installed here; it has {offered}')
    if not path.is_file():
        raise UserError(f"{path}: no such model file")
    onnxfile.check(path)
    options = ort.SessionOptions()
    # A step is far too small to share out: a second thread costs more than it brings, a spinning one a core.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # What a step needs is small: laid out once and not reused, it costs a tenth less.
    options.enable_mem_reuse = False
    options.log_severity_level = 4
    try:
        # Its own fallback to the CPU would print a banner over the status line.
        session = ort.InferenceSession(path, options, providers=[PROVIDERS[provider]], enable_fallback=0)
    except Exception as error:  # onnxruntime's exceptions share no base class of their own
        raise UserError(f"{path}: not a readable ONNX file; it may be cut short or of another kind") from error
    if PROVIDERS[provider] not in session.get_providers():
        raise UserError(f'provider "{provider}" does not start here (driver, CUDA or cuDNN missing?); "cpu" does')
    return session


def _compare(path: Path, key: str, found: object, expected: object) -> None:
    if found != expected:
        raise UserError(f"{path}: model has {key} {found}, this improv needs {expected}")


def _probe(path: Path, model: OnnxModel, probe: Mapping[str, Any]) -> None:
    """Run the phrase the file carries and compare scores and state with the recorded ones."""
    rows = np.asarray(probe["rows"], np.int32)
    real = rows[:, PITCH] != PAD_PITCH
    dials = np.frombuffer(base64.b64decode(probe["dials"]), "<f4").reshape(1, len(rows) + 1, WIDTH)
    zeros = np.zeros((1, model.start().shape[1]), np.float32)
    try:
        step = model.step(rows[None], dials, zeros, read_only(model.encoding))
    except Exception as error:  # see _open
        raise UserError(f"{path}: the model cannot run its own probe; export it again") from error
    tolerance = PROBE_TOLERANCE[model.bits]
    for name, found, packed in (
        ("scores", step.heard[0][real], probe["heard"]),
        ("state", step.state[0], probe["state"]),
    ):
        expected = np.frombuffer(base64.b64decode(packed), "<f4")
        if found.size != expected.size or not np.all(np.abs(found.ravel() - expected) < tolerance):
            raise UserError(f"{path}: the model's probe fails ({name} differ); the file is damaged or was altered")
