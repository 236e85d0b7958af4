"""Networks and training runs on disk: written beside the old and then put in its place, so that a kill loses little."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from improv.errors import UserError

STATE = "state.json"


@dataclass
class State:
    """How far a run has come. `best` and the history's figures in bits per note; `stale` counts validations."""

    settings: dict[str, Any]
    step: int = 0
    seconds: float = 0.0
    best: float | None = None
    stale: int = 0
    finished: bool = False
    weights: str = ""
    history: list[dict[str, float]] = field(default_factory=list)


def save_state(folder: Path, state: State, model: Any) -> None:
    """Write weights and optimizer, then the state that names them, then drop the weights before."""
    name = f"checkpoint-{state.step}.weights.h5"
    model.save_weights(folder / name, overwrite=True)
    state.weights = name
    write_json(folder / STATE, asdict(state))
    for old in folder.glob("checkpoint-*.weights.h5"):
        if old.name != name:
            old.unlink()


def load_state(folder: Path) -> State | None:
    """The state of the run in `folder`, None if there is none. Raises UserError if it cannot be read."""
    path = folder / STATE
    if not path.exists():
        return None
    try:
        state = State(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise UserError(f"{path}: damaged; train into another folder, or start anew with --fresh") from error
    if not (folder / state.weights).is_file():
        raise UserError(f"{folder / state.weights}: missing, so {folder} cannot be resumed; start anew with --fresh")
    return state


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that the file is always whole."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(value, indent=1) + "\n")
    os.replace(draft, path)


def save_network(network: Any, path: Path) -> None:
    """Write the network alone, without optimizer and loss, to a .keras file."""
    bare = type(network).from_config(network.get_config())
    bare.build()
    bare.set_weights(network.get_weights())
    draft = path.with_name("part-" + path.name)  # Keras insists on the suffix
    bare.save(draft)
    os.replace(draft, path)


def load_network(path: Path) -> Any:
    """Read a .keras file of one of our networks. Raises UserError if it is missing or something else."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected a .keras file written by 'improv-train fit'")
    import keras

    import training.networks.kinds  # noqa: F401  (registers the classes with Keras)

    try:
        network = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises whatever lies at the bottom: zip, h5, JSON, shapes
        raise UserError(f"{path}: not a readable .keras file of an improv network") from error
    if not hasattr(network, "config") or not hasattr(network, "state_size"):
        raise UserError(f"{path}: a Keras model, but not an improv network; expected one from 'improv-train fit'")
    return network


def load_card(path: Path) -> dict[str, Any]:
    """What `fit` wrote beside the network at `path`: velocity's mean and spread, the corpus, the bits reached."""
    card = path.with_suffix(".json")
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected a .keras file written by 'improv-train fit'")
    try:
        found: dict[str, Any] = json.loads(card.read_text())
        mean, spread = (float(value) for value in found["velocity"])
    except OSError as error:
        raise UserError(
            f"{card}: missing; 'improv-train fit' writes it beside {path.name}, keep the two together"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{card}: damaged; expected what 'improv-train fit' wrote beside {path.name}") from error
    return found | {"velocity": (mean, spread)}
