"""Features of recordings, as a graph's nodes make them."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Tuple, Union

import numpy as np

PathLike = Union[str, "os.PathLike[str]"]

_NAME = "manifest.json"


class FeatureError(RuntimeError):
    """`auscult features` failed, or its folder is damaged: what it said."""


@dataclass(frozen=True)
class Features:
    """The tokens of one output of a graph, of all recordings one after the other."""

    node: str
    port: str
    values: np.ndarray
    """float32 (tokens, rows, columns) of slices, (tokens, columns) of features; with several channels, these come after the
    tokens."""
    files: Tuple[str, ...]
    """The recordings that gave them, in order."""
    spans: np.ndarray
    """For each recording, the begin and the end of its tokens in `values` (recordings, 2)."""
    machines: Tuple[str, ...]
    """The machine of each channel."""
    hertz: np.ndarray
    """Frequency of each column; empty where it has none."""
    tokens_per_second: float
    seconds: float
    """What a token covers."""
    front_end_hash: str
    """As in the models that are trained behind the same nodes."""

    def of(self, file: str) -> np.ndarray:
        """The tokens of one recording. Raises ValueError where there is no such recording."""
        begin, end = self.spans[self.files.index(file)]
        return self.values[begin:end]


def features(
    graph: PathLike, files: Union[PathLike, Iterable[PathLike]], *, node: Optional[str] = None,
    set: Iterable[str] = (), folder: Optional[PathLike] = None,  # noqa: A002  # the option's name
) -> Features:
    """Runs `auscult features`: what the detector of a graph gets from recordings, bit for bit.

    files: recordings, folders or lists. node: whose output, where the graph has several detectors.
    set: overrides, `node.parameter=value`. folder: where the arrays stay; without it, they are read into memory.
    The program is $AUSCULT, or `auscult` on the PATH. Raises FeatureError.
    """
    names = [files] if isinstance(files, (str, os.PathLike)) else list(files)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch if folder is None else folder)
        _call(graph, names, place, node, list(set))
        found = read_features(place)
        if len(found) != 1:
            raise FeatureError(f"the graph has detectors behind {', '.join(one.node for one in found)}: give `node`")
        return _loaded(found[0]) if folder is None else found[0]


def read_features(folder: PathLike) -> List[Features]:
    """The arrays of a folder of `auscult features`; they are read where they are used. Raises FeatureError, OSError."""
    folder = Path(folder)
    try:
        manifest = json.loads((folder / _NAME).read_bytes())
        if manifest["version"] != 1:
            raise ValueError(f"its version is {manifest['version']}, this package reads 1")
        return [_features(folder, output) for output in manifest["outputs"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FeatureError(f"{folder / _NAME}: is no manifest of auscult features: {error!r}") from None


def _features(folder: Path, output: Dict[str, Any]) -> Features:
    name = output["array"]
    if os.path.basename(name) != name:
        raise ValueError(f"the array '{name}' lies elsewhere")
    values = np.load(folder / name, mmap_mode="r", allow_pickle=False)
    spans = np.array([[file["begin"], file["end"]] for file in output["files"]], np.int64).reshape(-1, 2)
    if len(spans) and not (0 <= spans.min() and (spans[:, 0] <= spans[:, 1]).all() and spans.max() <= len(values)):
        raise ValueError(f"the array '{name}' has other tokens")
    return Features(
        node=output["node"], port=output["port"], values=values, spans=spans,
        files=tuple(file["file"] for file in output["files"]), machines=tuple(output["machines"]),
        hertz=np.array(output["hertz"], np.float32), tokens_per_second=float(output["tokens_per_second"]),
        seconds=float(output["seconds"]), front_end_hash=output["front_end_hash"])


def _loaded(one: Features) -> Features:
    return replace(one, values=np.array(one.values))


def _call(graph: PathLike, names: List[PathLike], folder: Path, node: Optional[str], overrides: List[str]) -> None:
    program = os.environ.get("AUSCULT") or shutil.which("auscult")
    if not program:
        raise FeatureError("there is no auscult on the PATH: install it, or set $AUSCULT")
    command = [program, "features", os.fspath(graph), "--to", str(folder)]
    command += ["--node", node] if node else []
    command += [word for override in overrides for word in ("--set", override)]
    done = subprocess.run(command + ["--", *map(os.fspath, names)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        raise FeatureError(done.stdout.strip() or f"auscult features ended with status {done.returncode}")
