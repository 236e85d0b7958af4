"""A small classifier that is told a prompt and learns to tell one kind of continuation from the human one.

A logistic regression with a ridge, fitted by Newton's method, over what is seen of a stretch of 32 notes: its
distributions (`measures`), pitch classes counted from the prompt's tonic, how far each overlaps with the prompt's, its
means and spreads less the prompt's, how even its rhythm is and how often it says again what it said. Held out are
whole pieces, each in its turn; a passage's score is the mean over its stretches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.audition.keys import Key
from training.audition.measures import FEATURES, distributions, overlap
from training.audition.passages import Notes, group_starts, moves, phrases
from training.audition.prompts import Prompt

STRETCH = 32
FOLDS = 8
#: The ridge, in units of the number of stretches: what it costs to lean on any one feature.
RIDGE = 0.03
#: Waits this near to each other, as a ratio, are even.
EVEN = 0.05

Values = NDArray[np.float64]


def seen(prompt: Prompt, notes: Notes) -> Values:
    """What the classifier sees of a passage that goes on from `prompt`, shape (stretches, features)."""
    key = prompt.key
    before = _means(prompt.shown)
    known = distributions(prompt.shown, key)
    return np.array([_features(stretch, key, before, known) for stretch in phrases(notes, STRETCH)])


def _features(notes: Notes, key: Key, before: Values, known: dict[str, Values]) -> Values:
    own = distributions(notes, key)
    bins = [np.roll(own[name], -key.tonic) if name == "pitch class" else own[name] for name in FEATURES]
    alike = [overlap(own[name], known[name]) for name in FEATURES]
    away = _means(notes) - before
    return np.concatenate([np.sqrt(np.concatenate(bins)), alike, away, np.abs(away)])


def _means(notes: Notes) -> Values:
    starts = np.diff(group_starts(notes))
    waits = np.log2(np.maximum(starts, 0.03)) if len(starts) else np.zeros(1)
    said = moves(notes, transposed=False)
    return np.array(
        [
            notes["pitch"].mean() / 12,
            notes["pitch"].std() / 12,
            notes["velocity"].mean() / 16,
            notes["velocity"].std() / 16,
            np.log2(np.maximum(notes["duration"], 0.03)).mean(),
            waits.mean(),
            waits.std(),
            float((np.abs(np.diff(waits)) < np.log2(1 + EVEN)).mean()) if len(waits) > 1 else 0.0,
            len(np.unique(said)) / max(1, len(said)),
            len(np.unique(notes["pitch"])) / len(notes),
        ]
    )


def fit(rows: Values, labels: Values, weights: Values) -> Values:
    """The coefficients of a logistic regression, shape (features + 1,), the constant last; `rows` are standardised."""
    x = np.column_stack([rows, np.ones(len(rows))])
    ridge = np.full(x.shape[1], RIDGE * weights.sum())
    ridge[-1] = 1e-9
    beta = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (weights * (p - labels)) + ridge * beta
        curvature = (x * (weights * p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curvature, gradient)
        beta -= step
        if np.abs(step).max() < 1e-6:
            break
    return beta


def held_out_auc(humans: Sequence[Values], others: Sequence[Values], pieces: Sequence[str], seed: int = 0) -> float:
    """The AUC with which passages `others[i]` are told from `humans[i]`, both of a prompt of `pieces[i]`.

    What is scored is of pieces that were not trained on. 0.5: cannot be told; 1: always.
    """
    names = np.random.default_rng(seed).permutation(sorted(set(pieces)))
    folds = min(FOLDS, len(names))
    fold_of = {name: index % folds for index, name in enumerate(names)}
    rows = [row for row in (*humans, *others)]
    fold = np.repeat([fold_of[piece] for piece in (*pieces, *pieces)], [len(row) for row in rows])
    passage = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    x = np.concatenate([row for row in rows if len(row)])
    label = (passage >= len(humans)).astype(float)
    weight = 1 / np.bincount(passage, minlength=len(rows))[passage]  # every passage counts the same
    score = np.zeros(len(x))
    for held in range(folds):
        train, test = fold != held, fold == held
        if not test.any() or len(set(label[train])) < 2:
            continue
        mean, spread = x[train].mean(0), np.maximum(x[train].std(0), 1e-3)
        beta = fit((x[train] - mean) / spread, label[train], weight[train])
        score[test] = np.column_stack([(x[test] - mean) / spread, np.ones(test.sum())]) @ beta
    total = np.bincount(passage, score * weight, minlength=len(rows))
    there = np.array([len(row) > 0 for row in rows])
    theirs = np.arange(len(rows)) >= len(humans)
    return auc(total[there & theirs], total[there & ~theirs])


def auc(positive: Values, negative: Values) -> float:
    """The chance that a score of `positive` is above one of `negative`, ties counted half; 0.5 without any."""
    if not len(positive) or not len(negative):
        return 0.5
    above = (positive[:, None] > negative).mean() + 0.5 * (positive[:, None] == negative).mean()
    return float(above)
