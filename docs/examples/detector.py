#!/usr/bin/env python3
"""A detector for `detector.process`: a token's score is its largest value. docs/ISOLATION.md explains the numbers."""
import ctypes, mmap, platform, struct

memory = mmap.mmap(3, 0)
turn = ctypes.c_uint32.from_buffer(memory, 8)
futex = ctypes.CDLL(None).syscall
FUTEX = {"x86_64": 202, "aarch64": 98}[platform.machine()]
CONFIGURE, PROCESS, ANSWER, MESSAGE = 2, 7, 100, 4096
size, channels = 0, 0


def await_call():
    """Gives the turn to the host, and waits for the next call: its kind."""
    turn.value = 0
    futex(FUTEX, ctypes.byref(turn), 1, 1, None, None, 0)
    while turn.value != 1:
        futex(FUTEX, ctypes.byref(turn), 0, 0, None, None, 0)
    return struct.unpack_from("<I", memory, 12)[0]


while True:
    kind, answer = await_call(), b""
    if kind == CONFIGURE:
        (name,) = struct.unpack_from("<I", memory, MESSAGE + 24)
        _, channels, rows, columns = struct.unpack_from("<4I", memory, MESSAGE + 28 + name)
        size = rows * columns
    elif kind == PROCESS:
        _, count, _, stride, step, _, _, _, data, _, _, _ = struct.unpack_from("<8I4Q", memory, MESSAGE + 24)
        _, _, _, out_stride, out_step, _, _, _, out, _, _, _ = struct.unpack_from("<8I4Q", memory, MESSAGE + 152)
        for token in range(count):
            for channel in range(channels):
                values = struct.unpack_from(f"<{size}f", memory, data + token * stride + channel * step)
                struct.pack_into("<d", memory, out + token * out_stride + channel * out_step, max(values))
        answer = struct.pack("<IIIq", 0, count, 0, 0)
    memory[MESSAGE:MESSAGE + len(answer)] = answer
    struct.pack_into("<IiIQ", memory, 12, ANSWER, 0, 0, len(answer))
