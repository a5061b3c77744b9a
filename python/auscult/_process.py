"""Whether this process is one that Auscult started for a detector. Imports no NumPy."""
from __future__ import annotations

import os
import struct

# The memory that both sides share, and the first word in it ("AUSN").
DESCRIPTOR = 3
MAGIC = 0x4E535541
VERSION = 1


def is_detector() -> bool:
    """Whether descriptor 3 is the memory of a detector's process."""
    try:
        head = os.pread(DESCRIPTOR, 8, 0)
    except OSError:
        return False
    return len(head) == 8 and struct.unpack("=II", head) == (MAGIC, VERSION)


def use_one_thread() -> None:
    """In a detector's process, lets BLAS use one thread, so that a result does not depend on the number of cores."""
    if is_detector():
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
