"""Answers the calls of Auscult's `detector.process`."""
from __future__ import annotations

import copy
import math
import struct
import sys
import traceback
from typing import Any, Callable, Optional

import numpy as np

from . import _process
from ._memory import SharedMemory
from ._messages import CALL_BYTES, RECORD_BYTES, BlockRecord, Reader, text
from .detector import Detector, Score, Stream, is_slice
from .estimators import as_detector

_CREATE, _CONFIGURE, _ACTIVATE, _DEACTIVATE, _DESTROY, _RESET, _PROCESS, _REOPEN = 1, 2, 3, 4, 5, 6, 7, 21
_LOG, _INFO = 101, 1
_DONE, _FAILED, _UNKNOWN = 0, -1, -2
_MOST_BANDS = 8


def run(
    detector: Any, *, prepare: Optional[Callable[[np.ndarray], np.ndarray]] = None, higher_is_worse: bool = False
) -> None:
    """Runs a detector in the process that Auscult started for it; returns when the graph ends. `as_detector` says what
    a detector can be, and what `prepare` and `higher_is_worse` do.

    Raises SystemExit in any other process.
    """
    if not _process.is_detector():
        raise SystemExit(
            "this program is a detector: name it in a graph, and let Auscult start it. For example:\n"
            f"  judge: {{ type: detector.process, command: [{sys.executable}, {sys.argv[0]}] }}")
    Server(as_detector(detector, prepare=prepare, higher_is_worse=higher_is_worse), SharedMemory()).serve()


class Server:
    """Answers calls, one after the other."""

    def __init__(self, detector: Detector, memory: SharedMemory) -> None:
        self._original = detector
        self._shared = memory
        self._view = memoryview(memory.memory)
        self._detectors: list[Detector] = []
        self._names = ("", "")
        self._streams: list[Stream] = []
        self._is_fresh = False
        self._calls = {
            _CREATE: self._create, _CONFIGURE: self._configure, _PROCESS: self._process, _RESET: self._reset,
            _ACTIVATE: self._activate, _DEACTIVATE: self._nothing, _DESTROY: self._nothing, _REOPEN: self._nothing,
        }

    def serve(self) -> None:
        """Answers until the graph destroys the node."""
        kind = 0
        while kind != _DESTROY:
            message = self._shared.receive()
            kind = message.kind
            if kind not in self._calls:
                self._shared.put(b"", status=_UNKNOWN)
                continue
            try:
                answer, status = self._calls[kind](message.content), _DONE
            except Exception as error:  # whatever it is, it ends this node, not the process
                answer, status = text(_words(error)) + text(""), _FAILED
            self._shared.put(answer, status=status)
        self._shared.leave()

    def _nothing(self, content: bytes) -> bytes:
        return b""

    def _create(self, content: bytes) -> bytes:
        reader = Reader(content)
        _, _, _, graph, node = (reader.text() for _ in range(5))
        self._names = (graph or "", node or "")
        return b""

    def _configure(self, content: bytes) -> bytes:
        reader = Reader(content)
        reader.numbers("IIQ")
        (inputs,) = reader.numbers("I")
        if inputs != 1:
            raise ValueError(f"it has {inputs} inputs")
        reader.numbers("I")
        reader.text()
        kind, channels, rows, columns, rate, _, _, _ = reader.numbers("8I")
        denominator, period, _, _, _ = reader.numbers("5q")
        hertz = np.array(reader.floats(), np.float32)
        machines = reader.texts()
        pace = rate * denominator / period if period > 0 else math.nan
        if channels == 0 or len(machines) != channels:
            raise ValueError(f"it has {channels} channels and {len(machines)} machines")
        self._streams = [
            Stream(*self._names, machine, rows, columns, is_slice(kind), pace, hertz) for machine in machines]
        self._begin()
        return b""

    def _activate(self, content: bytes) -> bytes:
        # Each file is a stream of its own: what was heard in the last one is forgotten.
        if not self._is_fresh:
            self._begin()
        self._is_fresh = False
        return b""

    def _begin(self) -> None:
        """Gives each machine a detector that has heard nothing."""
        self._detectors = [copy.deepcopy(self._original) for _ in self._streams]
        for detector, stream in zip(self._detectors, self._streams):
            detector.log = self._log
            detector.begin(stream)
        self._is_fresh = True

    def _reset(self, content: bytes) -> bytes:
        for detector in self._detectors:
            detector.reset()
        return b""

    def _process(self, content: bytes) -> bytes:
        if len(content) < CALL_BYTES + 2 * RECORD_BYTES:
            raise ValueError("a call of the host is cut short")
        given, wanted = BlockRecord.at(content, 0), BlockRecord.at(content, 1)
        shape = self._streams[0].shape
        size = 4 * math.prod(shape)
        for token in range(given.count):
            for channel, detector in enumerate(self._detectors):
                begin = given.place(token, channel)
                values = np.frombuffer(self._view[begin:begin + size], np.float32)
                result = detector.score(values.reshape(shape).copy())
                self._write(wanted.place(token, channel), _checked(result, detector))
        return struct.pack("=IIIq", 0, given.count, 0, 0)

    def _write(self, place: int, score: Score) -> None:
        bands = [int(band) for band in score.bands][:_MOST_BANDS]
        layout = f"=ddifI{len(bands)}I"
        struct.pack_into(layout, self._view, place, score.score, score.threshold, -1, 0.0, len(bands), *bands)

    def _log(self, line: str) -> None:
        self._shared.ask(_LOG, struct.pack("=I", _INFO) + text(str(line)[:4096]))


def _checked(result: Any, detector: Detector) -> Score:
    """Raises ValueError where a score is not finite."""
    score = result if isinstance(result, Score) else Score(float(result), float(detector.threshold))
    if not (math.isfinite(score.score) and math.isfinite(score.threshold)):
        raise ValueError(f"the score {score.score} with the threshold {score.threshold} is not finite")
    return score


def _words(error: Exception) -> str:
    """The error and the line of the user's program that it came from: the last one outside of this package."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"[:2000]
