"""Reads the records that `sink.jsonl` writes."""
from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterable, Iterator, Union

import numpy as np

Record = Dict[str, Any]
PathLike = Union[str, "os.PathLike[str]"]

# Records are far shorter.
_LONGEST_LINE = 1 << 20


class RecordError(ValueError):
    """A line that is no record: which file and line, and why."""


def read_records(path: PathLike, *kinds: str) -> Iterator[Record]:
    """Yields the records of a file, in order; only those of the given kinds (`score`, `alarm`, `gap` ...), if any.

    A last line that has no end yet, because a run is writing it, is left out. Raises RecordError, OSError.
    """
    with open(path, "rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE + 1), b""), 1):
            if not line.endswith(b"\n"):
                if len(line) > _LONGEST_LINE:
                    raise RecordError(f"{path}:{number}: a line of more than {_LONGEST_LINE} bytes is no record")
                return
            if line.strip():
                record = _record(path, number, line)
                if not kinds or record.get("kind") in kinds:
                    yield record


def _record(path: PathLike, number: int, line: bytes) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{path}:{number}: is no record: {error}") from None
    if not isinstance(record, dict):
        raise RecordError(f"{path}:{number}: is no record: a record is an object")
    return record


def columns(records: Iterable[Record], *names: str) -> dict[str, np.ndarray]:
    """Members of records as arrays, one value for each record: `columns(records, "machine", "begin", "score")`.

    A number that a record lacks is NaN, a text the empty text.
    """
    rows = [[record.get(name) for name in names] for record in records]
    return {name: _column([row[place] for row in rows]) for place, name in enumerate(names)}


def _column(values: list) -> np.ndarray:
    known = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in known) and len(known) == len(values):
        return np.array(values, bool)
    if all(isinstance(value, (bool, int, float)) for value in known):
        if len(known) == len(values) and all(isinstance(value, int) for value in known):
            return np.array(values, np.int64)
        return np.array([np.nan if value is None else value for value in values], np.float64)
    if all(isinstance(value, str) for value in known):
        return np.array(["" if value is None else value for value in values], np.str_)
    array = np.empty(len(values), object)
    array[:] = values
    return array
