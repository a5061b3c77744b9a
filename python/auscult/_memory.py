"""The memory that Auscult and a detector's process share, and whole messages over it. docs/ISOLATION.md describes it."""
from __future__ import annotations

import ctypes
import mmap
import platform
import struct
from typing import NamedTuple

from . import _process

_TURN, _KIND, _MESSAGE = 8, 12, 4096
_MOST = 1 << 20
_HOST, _NODE = 0, 1
_WAIT, _WAKE = 0, 1
# Number of the system call futex.
_FUTEX = {"x86_64": 202, "aarch64": 98}

ANSWER = 100


class Message(NamedTuple):
    """A message from the host: a call, or the answer to a question."""

    kind: int
    status: int
    content: bytes


class SharedMemory:
    """Descriptor 3, mapped. Only the side whose turn it is reads and writes."""

    def __init__(self) -> None:
        if platform.machine() not in _FUTEX:
            raise OSError(f"no detector in Python can run on {platform.machine()}: its system calls are not known")
        if not _process.is_detector():
            raise OSError("descriptor 3 is not the memory of a detector's process")
        self.memory = mmap.mmap(_process.DESCRIPTOR, 0)
        self._turn = ctypes.c_uint32.from_buffer(self.memory, _TURN)
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        self._futex = ctypes.c_long(_FUTEX[platform.machine()])

    def leave(self) -> None:
        """Gives the turn to the host for the last time."""
        self._turn.value = _HOST
        self._call(self._futex, ctypes.byref(self._turn), _WAKE, 1, None, None, 0)

    def _give_turn(self) -> None:
        """Gives the turn to the host, and waits until it comes back."""
        self.leave()
        while self._turn.value != _NODE:
            self._call(self._futex, ctypes.byref(self._turn), _WAIT, _HOST, None, None, 0)

    def receive(self) -> Message:
        """Gives the turn away, and returns the next message, of all its parts."""
        parts = []
        while True:
            self._give_turn()
            kind, status, goes_on, size = struct.unpack_from("=IiIQ", self.memory, _KIND)
            if size > _MOST:
                raise OSError(f"a message claims {size} bytes")
            parts.append(self.memory[_MESSAGE:_MESSAGE + size])
            if not goes_on:
                return Message(kind, status, b"".join(parts))

    def put(self, content: bytes, kind: int = ANSWER, status: int = 0) -> None:
        """Writes a message, which goes out with the next `receive`.

        Raises ValueError for more than 1 MiB.
        """
        if len(content) > _MOST:
            raise ValueError(f"a message of {len(content)} bytes is too long")
        self.memory[_MESSAGE:_MESSAGE + len(content)] = content
        struct.pack_into("=IiIQ", self.memory, _KIND, kind, status, 0, len(content))

    def ask(self, kind: int, content: bytes) -> Message:
        """Asks the host during a call, and returns its answer."""
        self.put(content, kind)
        return self.receive()
