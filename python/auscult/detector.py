"""What a detector in Python is: a class with `score`."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Sequence, Union

import numpy as np

_SLICE = 8


@dataclass(frozen=True)
class Stream:
    """What a detector hears."""

    graph: str
    node: str
    machine: str
    """Name of the machine that this detector judges."""
    rows: int
    """Analysis frames of a slice; 1 for features."""
    columns: int
    """Bands, or values of features."""
    is_slice: bool
    tokens_per_second: float
    hertz: np.ndarray
    """Frequency of each column; empty where it has none."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of what `score` gets: (rows, columns) for slices, (columns,) for features."""
        return (self.rows, self.columns) if self.is_slice else (self.columns,)


@dataclass(frozen=True)
class Score:
    """A score with more than its number."""

    score: float
    """Finite. A higher score is worse."""
    threshold: float = 0.0
    """Anomalous means score > threshold. The graph's `threshold` replaces it."""
    bands: Sequence[int] = field(default=())
    """The columns that contribute most to the score, the largest first; at most 8 are kept."""


class Detector:
    """A detector of a graph. Override `score`; the rest is optional.

    `run` starts it. Each machine (channel) of the stream has an instance of its own, made by copying the one that `run`
    got, so a detector may keep what it learns in its own attributes.
    """

    threshold: float = 0.0
    """Used where `score` returns a plain number and the graph sets no `threshold`."""
    log: Callable[[str], None]
    """Shows a line of text to the person who runs the graph. Callable in `begin`, `score` and `reset`."""

    def begin(self, stream: Stream) -> None:
        """Called once the stream is known, before the first `score`. An error here is an error of the graph."""

    def score(self, slice: np.ndarray) -> Union[float, Score]:  # noqa: A002  # the word of the graph
        """Judges a token: float32 values of shape `Stream.shape`, which may be kept. Must not take long.

        An error, or a number that is not finite, ends the detector: the node is quarantined with the error's text.
        """
        raise NotImplementedError

    def reset(self) -> None:
        """Called at a gap: forget what was heard, keep what was learned."""


def is_slice(kind: int) -> bool:
    """Whether a format's kind is a slice's."""
    return kind == _SLICE
