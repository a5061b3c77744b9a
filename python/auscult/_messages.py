"""Numbers, texts, formats and block records in messages."""
from __future__ import annotations

import struct
from typing import NamedTuple, Optional

_NO_TEXT = 0xFFFFFFFF
RECORD_BYTES = 128
# What of a process call comes before the records.
CALL_BYTES = 24


def text(value: str) -> bytes:
    """A text in a message."""
    content = value.encode("utf-8", "surrogateescape")
    return struct.pack("=I", len(content)) + content


class Reader:
    """Reads a message from its begin. Raises ValueError where it is too short."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def numbers(self, layout: str) -> tuple:
        """Numbers in the layout of the module struct, without padding."""
        size = struct.calcsize("=" + layout)
        return struct.unpack("=" + layout, self._take(size))

    def text(self) -> Optional[str]:
        """A text; None: there is none."""
        (size,) = self.numbers("I")
        return None if size == _NO_TEXT else self._take(size).decode("utf-8", "surrogateescape")

    def texts(self) -> list[str]:
        """A list of texts."""
        (count,) = self.numbers("I")
        self._check(count * 4)
        return [self.text() or "" for _ in range(count)]

    def floats(self) -> tuple:
        """A list of float32 numbers."""
        (count,) = self.numbers("I")
        self._check(count * 4)
        return self.numbers(f"{count}f")

    def _check(self, size: int) -> None:
        if size > len(self._content) - self._place:
            raise ValueError("a message of the host is cut short")

    def _take(self, size: int) -> bytes:
        self._check(size)
        self._place += size
        return self._content[self._place - size:self._place]


class BlockRecord(NamedTuple):
    """Where the tokens of an input or output lie; places and strides in bytes."""

    flags: int
    count: int
    capacity: int
    token_stride: int
    channel_stride: int
    data: int

    @classmethod
    def at(cls, content: bytes, index: int) -> BlockRecord:
        """A record of a process call; inputs come before outputs."""
        flags, count, capacity, token, channel, _, _, _, data = struct.unpack_from(
            "=8IQ", content, CALL_BYTES + RECORD_BYTES * index)
        return cls(flags, count, capacity, token, channel, data)

    def place(self, token: int, channel: int) -> int:
        """Where a token of a channel begins."""
        return self.data + token * self.token_stride + channel * self.channel_stride
