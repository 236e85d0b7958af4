"""Training: Keras' own fit over endless random crops, in rounds of a few steps, until a budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from improv.encoding import FIELDS, Encoding
from improv.errors import UserError
from training.augmentation import Augmentation
from training.building import Settings, build, compile_network
from training.checkpoint import STATE, State, load_state, save_network, save_state, write_json
from training.corpus import Corpus, summary
from training.dataset import Batch, Crops, held_out, prefetched
from training.objective import rate, targets
from training.progress import Bar
from training.report import draw_curves, write_history

#: Between rounds the learning rate is set, and validation and checkpoints may come.
ROUND = 20
#: Validations stay this small: about so many notes.
VALIDATION_NOTES = 60_000
#: Batches by which a network to start from is measured on its training music.
FIRST_BATCHES = 8
FOREVER = 10**9
#: What minutes may be counted by: the clock on the wall, or the processor's, which sums over cores.
CLOCKS = {"wall": time.monotonic, "cpu": time.process_time}


def fit(corpus_path: Path, folder: Path, settings: Settings, *, fresh: bool = False, quiet: bool = False) -> Path:
    """Train into `folder`, resuming what is there unless `fresh`; returns the best network's path."""
    corpus = Corpus.load(corpus_path)
    for split in ("train", "validation"):
        if all(len(corpus.piece(index)) < 2 for index in corpus.pieces(split)):
            raise UserError(f"{corpus_path}: no {split} pieces; ingest more music, or hold out less of it")
    folder.mkdir(parents=True, exist_ok=True)
    network = build(settings, Encoding())
    encoding = network.config.encoding
    compile_network(network, settings)
    state = _resume(folder, settings, network, fresh)
    crops = Crops(
        corpus, encoding, crop=settings.crop, batch=settings.batch, seed=settings.seed, augmentation=Augmentation()
    )
    validation = held_out(corpus, encoding, "validation", crop=settings.crop, limit=VALIDATION_NOTES)
    wanted = (validation.inputs, targets(encoding, validation))
    rounds = Rounds(folder, state, settings, wanted, _card(corpus), quiet, CLOCKS[settings.clock])
    if settings.start and not state.history:
        rounds.measure_start(network, [crops.batch(FOREVER + index) for index in range(FIRST_BATCHES)])
    if not state.finished:
        batches = prefetched(crops.batch, state.step)
        feed = ((batch.inputs, targets(encoding, batch)) for batch in batches)
        try:
            steps = min(ROUND, settings.validate_every)
            network.fit(feed, epochs=FOREVER, steps_per_epoch=steps, shuffle=False, verbose=0, callbacks=[rounds])
        except KeyboardInterrupt:
            rounds.interrupted()
            raise
        finally:
            batches.close()
            rounds.close()
    return folder / "best.keras"


def _resume(folder: Path, settings: Settings, network: Any, fresh: bool) -> State:
    """The state to go on from, its weights in the network; options other than the budget must be as they were."""
    if fresh:
        (folder / STATE).unlink(missing_ok=True)
    state = load_state(folder)
    if state is None:
        return State(asdict(settings))
    budget = {"minutes", "steps", "patience", "validate_every", "checkpoint_every"}
    for key, now in asdict(settings).items():
        if key not in budget and state.settings.get(key, getattr(Settings(), key)) != now:
            option = "--" + key.replace("_", "-")
            raise UserError(
                f"{folder}: holds a run with {option} {state.settings.get(key)}, not {now}; "
                "give the same options to resume it, another folder, or --fresh"
            )
    try:
        network.load_weights(folder / state.weights)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{folder / state.weights}: damaged, so it cannot be resumed; start anew with --fresh"
        ) from error
    if state.settings != asdict(settings):  # a larger budget goes on where a smaller one ended
        state.settings, state.finished = asdict(settings), False
    return state


def _card(corpus: Corpus) -> dict[str, Any]:
    """What is to be known of the training data when a network is exported."""
    pieces = corpus.pieces("train")
    # Scores do not say how loud; of them alone, something has to be assumed.
    played = pieces[~corpus.scored[pieces]] if not corpus.scored[pieces].all() else pieces
    training = np.concatenate([corpus.piece(index)["velocity"] for index in played])
    return {"velocity": [float(training.mean()), float(training.std())], "corpus": summary(corpus)}


class Rounds(keras.callbacks.Callback):
    """Between rounds: learning rate, progress, validation, checkpoints, and when to stop."""

    def __init__(
        self,
        folder: Path,
        state: State,
        settings: Settings,
        validation: tuple[Any, Any],
        card: dict[str, Any],
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._folder, self._state, self._settings = folder, state, settings
        self._validation, self._card, self._clock = validation, card, clock
        self._began = clock() - state.seconds
        self._saved = clock()
        self._recent: list[dict[str, float]] = []
        self._bar = Bar(quiet)

    def measure_start(self, network: Any, batches: list[Batch]) -> None:
        """Score a network that is not new, on `batches` of training music and on validation, before its first step.

        It counts as the best until training finds a better one.
        """
        self.set_model(network)
        inputs = tuple(map(np.concatenate, zip(*(batch.inputs for batch in batches), strict=True)))
        wanted = np.concatenate([targets(network.config.encoding, batch) for batch in batches])
        found = network.evaluate(inputs, wanted, batch_size=self._settings.batch, verbose=0, return_dict=True)
        self._recent.append({name: float(found[name]) for name in FIELDS})
        self._validate()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the learning rate by how much of the budget is spent."""
        settings = self._settings
        value = rate(self._spent(), settings.learning_rate, settings.warm_up, settings.schedule)
        self.model.optimizer.learning_rate = value

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count the step; stop in the middle of a round when the budget is used up."""
        self._state.step += 1
        if self._spent() >= 1:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Validate and save as they come due."""
        state, settings = self._state, self._settings
        state.seconds = self._clock() - self._began
        self._recent.append({name: float((logs or {})[name]) for name in FIELDS})
        self._bar.show(self._spent(), state, sum(self._recent[-1].values()))
        last = self._spent() >= 1
        since = state.step - (int(state.history[-1]["step"]) if state.history else 0)
        if last or since >= settings.validate_every:
            self._validate()
            last = last or state.stale >= settings.patience
        if last:
            state.finished = self.model.stop_training = True
        if last or since >= settings.validate_every or self._clock() - self._saved >= settings.checkpoint_every:
            self._save()

    def interrupted(self) -> None:
        """Keep what was reached so far."""
        self._state.seconds = self._clock() - self._began
        self._save()

    def close(self) -> None:
        """Take the progress bar away."""
        self._bar.close()

    def _spent(self) -> float:
        """The share of the budget used, 0 to 1: of the steps or of the minutes, whichever is further."""
        settings, state = self._settings, self._state
        by_steps = state.step / settings.steps if settings.steps is not None else 0.0
        by_clock = (self._clock() - self._began) / (60 * settings.minutes) if settings.minutes is not None else 0.0
        return min(1.0, max(by_steps, by_clock))

    def _validate(self) -> None:
        state, settings = self._state, self._settings
        train = {name: float(np.mean([row[name] for row in self._recent])) for name in FIELDS}
        self._recent.clear()
        inputs, wanted = self._validation
        found = self.model.evaluate(inputs, wanted, batch_size=settings.batch, verbose=0, return_dict=True)
        record: dict[str, float] = {
            "step": state.step,
            "seconds": round(self._clock() - self._began, 1),
            "notes_seen": state.step * settings.batch * settings.crop,
            "learning_rate": float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)),
        }
        # Held-out notes are unsplit throughout: their part is told, so it costs nothing.
        validation = {name: float(found[name]) for name in FIELDS} | {"part": 0.0}
        for name, values in (("train", train), ("validation", validation)):
            record |= {f"{name}_{key}": round(value, 4) for key, value in values.items()}
            record[f"{name}_total"] = round(sum(values.values()), 4)
        state.history.append(record)
        total = record["validation_total"]
        better = state.best is None or total < state.best
        if better:
            state.best, state.stale = total, 0
            save_network(self.model, self._folder / "best.keras")
            parameters = int(self.model.count_params())
            write_json(self._folder / "best.json", {**self._card, "parameters": parameters, "reached": record})
        else:
            state.stale += 1
        self._bar.tell(record, better)

    def _save(self) -> None:
        save_state(self._folder, self._state, self.model)
        write_history(self._folder / "history.csv", self._state.history)
        draw_curves(self._folder / "curves.png", self._state.history)
        self._saved = self._clock()
