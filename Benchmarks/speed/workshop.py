"""Sounds, graphs, models and commands of a measurement, in one scratch folder. Each is made when it is first needed."""

import array
import contextlib
import functools
import json
import math
import os
import pathlib
import random
import re
import struct
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASELINES = ROOT / "Benchmarks/baselines"
# The sound that is repeated has this many seconds.
LOOP = 10
FRONT_END = """  stft: { type: stft, window: hann, length: 1024, hop: 512, center: false }
  mel: { type: mel, bands: 128 }
  level: { type: normalize, mode: decibel }
"""


class Missing(Exception):
    """A baseline, or something else that a row needs, is not there."""


class Failed(Exception):
    """A command ended with an error."""


@contextlib.contextmanager
def cores(count):
    """Uses the last `count` cores, for commands too."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before if count > 1 else {max(before)})[-count:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Workshop:
    def __init__(self, products, baselines, folder, quick):
        self.auscult = products / "auscult"
        self.baselines, self.folder, self.quick = baselines, folder, quick
        self.environment = dict(os.environ, OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", XDG_CACHE_HOME=str(folder),
                                PYTHONDONTWRITEBYTECODE="1")
        self.versions = {}

    # ---- Commands ----

    def spend(self, *command):
        """CPU seconds and wall seconds of a command, and its output."""
        begin = time.perf_counter()
        with open(self.folder / "errors", "w+", encoding="utf-8") as errors:
            process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=errors, text=True,
                                       cwd=self.folder, env=self.environment)
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            process.stdout.close()
            if process.returncode:
                errors.seek(0)
                text = errors.read().strip()
                if absent := re.search(r"No module named '([\w.]+)'", text):
                    raise Missing(f"{absent[1]} is not installed")
                raise Failed(f"{' '.join(map(str, command))[:200]}: {text[-500:]}")
        return usage.ru_utime + usage.ru_stime, time.perf_counter() - begin, output

    def run(self, graph, period, *sounds):
        """CPU seconds of `auscult run` over files."""
        return self.spend(self.auscult, "run", graph, "--quiet", "--period", period, "--input", *sounds)[0]

    def bare(self, *arguments):
        """The figures of bare.c."""
        program = self.baselines / "bare"
        if not program.exists():
            raise Missing("bare C is not compiled: Benchmarks/baselines/set-up")
        return json.loads(self.spend(program, *arguments)[2])

    def peer(self, *arguments):
        """The figures of peers.py."""
        figures = json.loads(self.spend(self.python(), BASELINES / "peers.py", *arguments)[2])
        self.versions.update(figures.pop("versions"))
        return figures

    def python(self):
        program = self.baselines / "venv/bin/python"
        if not program.exists():
            raise Missing("there is no Python environment: Benchmarks/baselines/set-up")
        return program

    # ---- Sounds ----

    @functools.cache
    def loop(self, rate):
        generator = random.Random(1)
        return array.array(
            "f", (0.1 * math.sin(0.02 * index) + generator.gauss(0, 0.03) for index in range(LOOP * rate)))

    @functools.cache
    def sound(self, rate, seconds, channels=1, first=0):
        """A WAV file of 32-bit floats: a tone in noise. Each channel, from `first`, begins elsewhere in it."""
        loop, count = self.loop(rate), rate * seconds
        path = self.folder / f"sound-{rate}-{seconds}-{channels}-{first}.wav"
        width = 4 * channels
        header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + width * count, b"WAVE", b"fmt ", 16, 3, channels, rate,
                             rate * width, width, 32, b"data", width * count)
        block = array.array("f", bytes(width * len(loop)))
        for channel in range(channels):
            offset = 1000 * (first + channel)
            block[channel::channels] = loop[offset:] + loop[:offset]
        with open(path, "wb") as file:
            file.write(header)
            for begin in range(0, count, len(loop)):
                file.write(memoryview(block)[:channels * min(len(loop), count - begin)])
        return path

    @functools.cache
    def machine(self, seconds):
        """A simulated machine at 16 kHz."""
        self.spend(self.auscult, "run", ROOT / "graphs/simulator.yaml", "--offline", "--rate", 16000, "--duration",
                   f"{seconds}s", "--audio-folder", self.folder / f"machine-{seconds}", "--quiet", "--set",
                   "fan.severity=0")
        return self.folder / f"machine-{seconds}" / "speaker.wav"

    # ---- Graphs and models ----

    def graph(self, name, nodes, *links):
        path = self.folder / f"{name}.yaml"
        path.write_text(f"graph: {name}\nnodes:\n{nodes}links:\n" + "".join(f"  - {link}\n" for link in links))
        return path

    @functools.cache
    def normal(self, sound):
        """A folder with one recording, to train on."""
        folder = self.folder / f"normal-{sound.parent.name}-{sound.stem}"
        folder.mkdir()
        (folder / "normal.wav").symlink_to(sound)
        return folder

    @functools.cache
    def model(self, graph, sound):
        """Trains a graph's detector; its model has the graph's name."""
        output = graph.with_suffix(".safetensors")
        self.spend(self.auscult, "train", graph, "--normal", self.normal(sound), "--output", output, "--threshold",
                   "0.5", "--quiet")
        return output

    @functools.cache
    def exported(self, model, suffix, *more):
        """A model for ONNX Runtime (`.onnx`) or bare C (`.f32`)."""
        output = model.with_suffix(suffix)
        self.spend(self.python(), BASELINES / "onnx_model.py", model, output, *more)
        return output


def scores(path):
    """Of a log of `sink.jsonl`."""
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            if record["kind"] == "score":
                found.append(record["score"])
    return found


def column(path, index, columns):
    """One column of a .npy file of 32-bit floats."""
    content = path.read_bytes()
    begin = 10 + int.from_bytes(content[8:10], "little")
    return array.array("f", content[begin:])[index::columns]
