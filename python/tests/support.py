"""What the tests share: the program, sound, graphs, and runs over it."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import wave
from pathlib import Path

import numpy as np

PACKAGE = Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("AUSCULT") or str(PACKAGE.parent / ".build/release/auscult")
RATE = 16000

GRAPH = """
graph: python
nodes:
  mic:    {{ type: source, channels: {channels} }}
  stft:   {{ type: stft, length: 512, hop: 256 }}
  mel:    {{ type: mel, bands: 16 }}
  level:  {{ type: normalize, mode: decibel }}
  slices: {{ type: slicer, length: 8, hop: 4 }}
  judge:  {{ type: detector.process, {judge} }}
  log:    {{ type: sink.jsonl, path: log.jsonl, append: false }}
  array:  {{ type: sink.npy, path: slices.npy, append: false }}
links:
  - mic -> stft -> mel -> level -> slices -> judge -> log
  - slices -> array
"""


class Case(unittest.TestCase):
    """A test in a folder of its own, with the real program."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.assertTrue(os.access(PROGRAM, os.X_OK), f"there is no {PROGRAM}: build Auscult, or set AUSCULT")

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content)
        return path

    def sound(self, name="sound.wav", seconds=2.0, channels=1, seed=0):
        """A recording of noise that becomes louder."""
        frames = int(seconds * RATE)
        noise = np.random.default_rng(seed).normal(0, 0.05, (frames, channels))
        noise[frames // 2:] *= np.linspace(1, 8, frames - frames // 2)[:, np.newaxis]
        with wave.open(str(self.folder / name), "wb") as file:
            file.setparams((channels, 2, RATE, frames, "NONE", ""))
            file.writeframes((np.clip(noise, -0.99, 0.99) * 32767).astype("<i2").tobytes())

    def graph(self, program, *arguments, more="", channels=1):
        """Writes a detector and a graph that runs it."""
        self.write("judge.py", program)
        command = ", ".join([sys.executable, "judge.py", *arguments])
        judge = f"command: [{command}]" + (f", {more}" if more else "")
        self.write("graph.yaml", GRAPH.format(judge=judge, channels=channels))

    def environment(self):
        return dict(os.environ, PYTHONPATH=str(PACKAGE), PYTHONDONTWRITEBYTECODE="1")

    def auscult(self, *arguments, status=0):
        """Runs a command in the folder, and returns what it says."""
        done = subprocess.run(
            [PROGRAM, *arguments], cwd=self.folder, env=self.environment(), text=True, timeout=120,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout
