"""Auscult from Python: detectors that run in a graph, records, models, and the streams of a live run.

docs/PYTHON.md of Auscult explains each with an example.
"""
from __future__ import annotations

from . import _process

# Before NumPy is loaded: it reads the number of threads once.
_process.use_one_thread()

from .arrays import FeatureError, Features, features, read_features  # noqa: E402
from .detector import Detector, Score, Stream  # noqa: E402
from .estimators import as_detector  # noqa: E402
from .live import Run, RunError  # noqa: E402
from .models import Machine, Model, ModelError, read_model, read_tensors  # noqa: E402
from .records import RecordError, columns, read_records  # noqa: E402
from .serve import run  # noqa: E402

__all__ = [
    "Detector", "FeatureError", "Features", "Machine", "Model", "ModelError", "RecordError", "Run", "RunError", "Score", "Stream", "as_detector",
    "columns", "features", "read_features", "read_model", "read_records", "read_tensors", "run",
]
__version__ = "0.1.0"
