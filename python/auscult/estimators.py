"""Fitted models of scikit-learn, models of river, and plain functions as detectors."""
from __future__ import annotations

import copy
from typing import Any, Callable, Optional

import numpy as np

from .detector import Detector, Stream


def as_detector(
    model: Any, *, prepare: Optional[Callable[[np.ndarray], np.ndarray]] = None, higher_is_worse: bool = False
) -> Detector:
    """Makes a detector of `model`.

    model: a `Detector`; a fitted scikit-learn estimator with `decision_function` (threshold 0) or `score_samples`; a river
        model with `score_one`, which also learns by `learn_one`, where it has that; or a function of a slice.
    prepare: makes the vector that the model gets from a slice; without it, the slice row after row.
    higher_is_worse: the estimator's numbers grow with the anomaly, as PyOD's do and scikit-learn's don't.

    Raises TypeError for anything else.
    """
    if isinstance(model, Detector):
        return model
    if hasattr(model, "score_one"):
        return _River(model, prepare)
    for method in ("decision_function", "score_samples"):
        if hasattr(model, method):
            return _Estimator(model, method, prepare, 1.0 if higher_is_worse else -1.0)
    if callable(model) and not isinstance(model, type):
        return _Function(model, prepare)
    raise TypeError(
        f"{type(model).__name__} is no detector: it has none of score, decision_function, score_samples and score_one")


class _Prepared(Detector):
    """Gives the model a vector of each slice."""

    def __init__(self, model: Any, prepare: Optional[Callable[[np.ndarray], np.ndarray]]) -> None:
        self.model = model
        self.prepare = prepare

    def __deepcopy__(self, memo: dict) -> _Prepared:
        # Fitted estimators don't change, and may be large: all machines share one.
        return type(self).__new__(type(self))._with(self.__dict__)

    def _with(self, attributes: dict) -> _Prepared:
        self.__dict__.update(attributes)
        return self

    def vector(self, token: np.ndarray) -> np.ndarray:
        return (token if self.prepare is None else np.asarray(self.prepare(token))).reshape(-1)


class _Function(_Prepared):
    def score(self, slice: np.ndarray) -> float:  # noqa: A002
        return self.model(slice if self.prepare is None else self.prepare(slice))


class _Estimator(_Prepared):
    """scikit-learn's numbers fall with the anomaly: their sign is turned."""

    def __init__(self, model: Any, method: str, prepare: Optional[Callable], sign: float) -> None:
        super().__init__(model, prepare)
        self.method = method
        self.sign = sign

    def begin(self, stream: Stream) -> None:
        wanted = getattr(self.model, "n_features_in_", None)
        given = self.vector(np.zeros(stream.shape, np.float32)).size
        if wanted is not None and wanted != given:
            raise ValueError(
                f"{type(self.model).__name__} was fitted on {wanted} values, a token of shape {stream.shape} gives {given}: "
                "change the nodes before it, or `prepare`")

    def score(self, slice: np.ndarray) -> float:  # noqa: A002
        numbers = np.asarray(getattr(self.model, self.method)(self.vector(slice)[np.newaxis]))
        if numbers.size != 1:
            raise ValueError(f"{type(self.model).__name__}.{self.method} gives {numbers.size} numbers for a token: "
                             "it tells classes apart, and is no detector")
        return self.sign * float(numbers.reshape(-1)[0])


class _River(_Prepared):
    """Scores, then learns."""

    def __deepcopy__(self, memo: dict) -> _River:
        twin = type(self).__new__(type(self))._with(self.__dict__)
        twin.model = copy.deepcopy(self.model, memo)
        return twin

    def score(self, slice: np.ndarray) -> float:  # noqa: A002
        values = dict(enumerate(self.vector(slice).tolist()))
        result = self.model.score_one(values)
        if hasattr(self.model, "learn_one"):
            self.model.learn_one(values)
        return result
