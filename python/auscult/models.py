"""Reads .safetensors files: tensors, and Auscult's models with what they say about themselves."""
from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
import struct
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, NoReturn, Optional, Tuple, Union

import numpy as np

PathLike = Union[str, "os.PathLike[str]"]

_LONGEST_HEADER = 16 << 20
_MOST_DIMENSIONS = 8
_KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U64": "<u8",
    "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}


class ModelError(ValueError):
    """A file that is no model, or is damaged: which one, and why."""


@dataclass(frozen=True)
class Machine:
    """What a model knows about one machine."""

    name: str
    threshold: Optional[float]
    """Anomalous means score > threshold; None: it was never calibrated."""
    offsets: np.ndarray
    """dB for each column between the present microphone and that of the training; empty: never adapted."""


@dataclass(frozen=True)
class Model:
    """A trained model."""

    class_name: str
    """Of the detector, such as detector.kmeans."""
    class_version: str
    graph: str
    machines: Tuple[Machine, ...]
    labels: Tuple[str, ...]
    front_end: Any
    """The nodes before the detector, with their parameters."""
    training: Any
    """The training data: recordings, tokens, seconds."""
    digest: str
    """'sha256:...' of the file, as in records."""
    metadata: Mapping[str, str] = field(repr=False)
    _tensors: Mapping[str, np.ndarray] = field(repr=False)

    def tensor(self, name: str, machine: Optional[str] = None) -> np.ndarray:
        """A tensor of one machine, or of all. Raises KeyError."""
        if machine is None:
            return self._tensors[f"all.{name}"]
        names = [one.name for one in self.machines]
        if machine not in names:
            raise KeyError(f"the model has no machine '{machine}', but {', '.join(names)}")
        return self._tensors[f"{names.index(machine)}.{name}"]

    @property
    def tensors(self) -> Dict[str, np.ndarray]:
        """All tensors by their full names: `all.NAME`, or the machine's index and the name."""
        return dict(self._tensors)


def read_model(path: PathLike) -> Model:
    """Reads a model of Auscult. Raises ModelError, OSError."""
    content = _mapped(path)
    tensors, metadata = _parse(path, content)
    if metadata.get("auscult.version") != "1":
        _fail(path, "holds tensors, but is not a model of Auscult that this package knows: 'auscult.version' is not 1")
    machines = _json(path, metadata, "auscult.machines")
    labels = _json(path, metadata, "auscult.labels") or []
    if not isinstance(machines, list) or not all(isinstance(machine, dict) for machine in machines):
        _fail(path, "names no machines")
    return Model(
        class_name=metadata.get("auscult.class", ""), class_version=metadata.get("auscult.class_version", ""),
        graph=metadata.get("auscult.graph", ""), machines=tuple(_machine(machine) for machine in machines),
        labels=tuple(str(label) for label in labels), front_end=_json(path, metadata, "auscult.front_end"),
        training=_json(path, metadata, "auscult.training"), digest="sha256:" + hashlib.sha256(content).hexdigest(),
        metadata=metadata, _tensors=tensors)


def read_tensors(path: PathLike) -> Tuple[Dict[str, np.ndarray], Dict[str, str]]:
    """The tensors of any .safetensors file, and its metadata. The arrays read the file where they are used, and can't be
    written to. Raises ModelError, OSError."""
    return _parse(path, _mapped(path))


def _machine(members: dict) -> Machine:
    threshold = members.get("threshold")
    is_number = isinstance(threshold, (int, float)) and not isinstance(threshold, bool)
    offsets = [number for number in members.get("offsets") or [] if isinstance(number, (int, float))]
    return Machine(str(members.get("name", "")), float(threshold) if is_number else None, np.array(offsets, np.float64))


def _json(path: PathLike, metadata: Mapping[str, str], key: str) -> Any:
    try:
        return json.loads(metadata.get(key, "null"))
    except (ValueError, RecursionError) as error:
        _fail(path, f"has no JSON in its metadata '{key}': {error}")


def _fail(path: PathLike, text: str) -> NoReturn:
    raise ModelError(f"{os.fspath(path)}: {text}")


def _mapped(path: PathLike) -> mmap.mmap:
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size < 8:
            _fail(path, "is too short for a model")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _parse(path: PathLike, content: mmap.mmap) -> Tuple[Dict[str, np.ndarray], Dict[str, str]]:
    (length,) = struct.unpack_from("<Q", content)
    if length > min(_LONGEST_HEADER, len(content) - 8):
        _fail(path, f"claims a header of {length} bytes: it is cut short, or no .safetensors file")
    try:
        header = json.loads(content[8:8 + length])
    except (ValueError, RecursionError) as error:
        _fail(path, f"has a header that is not JSON: {error}")
    if not isinstance(header, dict):
        _fail(path, "has a header that is not a JSON object")
    texts = header.pop("__metadata__", {})
    metadata = {key: text for key, text in texts.items() if isinstance(text, str)} if isinstance(texts, dict) else {}
    body = memoryview(content)[8 + length:]
    return {name: _tensor(path, name, entry, body) for name, entry in header.items()}, metadata


def _tensor(path: PathLike, name: str, entry: Any, body: memoryview) -> np.ndarray:
    what = f"its tensor '{name[:80]}'"
    entry = entry if isinstance(entry, dict) else {}
    kind, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(kind, str) or kind not in _KINDS:
        _fail(path, f"{what} has the unknown type {kind!r}"[:200])
    if not _are_sizes(shape) or len(shape) > _MOST_DIMENSIONS:
        _fail(path, f"{what} has no shape")
    if not _are_sizes(offsets) or len(offsets) != 2 or not offsets[0] <= offsets[1] <= len(body):
        _fail(path, f"{what} lies outside of the file: it is cut short")
    kind = np.dtype(_KINDS[kind])
    if math.prod(shape) * kind.itemsize != offsets[1] - offsets[0]:
        _fail(path, f"{what} has another size than its shape says")
    return np.frombuffer(body[offsets[0]:offsets[1]], kind).reshape(shape)


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value <= 1 << 40 for value in values)
