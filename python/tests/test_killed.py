"""A detector in Python that is killed at random under a live run."""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import unittest

import auscult
from tests.support import PROGRAM, Case

GRAPH = """
graph: killed
nodes:
  mic:    {{ type: source.synth, seed: 1 }}
  stft:   {{ type: stft, length: 256, hop: 128 }}
  mel:    {{ type: mel, bands: 8 }}
  slices: {{ type: slicer, length: 8, hop: 4 }}
  judge:  {{ type: detector.process, command: [{python}, judge.py], threshold: 1000 }}
  whole:  {{ type: detector.bands, learn: 0.1 s }}
  log:    {{ type: sink.jsonl, path: judge.jsonl }}
  other:  {{ type: sink.jsonl, path: whole.jsonl }}
links:
  - mic -> stft -> mel -> slices -> judge -> log
  - slices -> whole -> other
"""
DETECTOR = """
import auscult
auscult.run(lambda slice: float(slice.max()))
"""
KILLS = 20 if os.environ.get("AUSCULT_LONG") else 4


@unittest.skipUnless(shutil.which("jackd"), "jackd is not installed")
class KilledTests(Case):
    def setUp(self):
        super().setUp()
        os.environ["AUSCULT_CONTROL_PATH"] = str(self.folder / "control")
        self.addCleanup(os.environ.pop, "AUSCULT_CONTROL_PATH")
        self.write("judge.py", DETECTOR)
        self.write("killed.yaml", GRAPH.format(python=sys.executable))
        command = [PROGRAM, "run", "killed.yaml", "--start-server", "--rate", "16000", "--period", "64"]
        with open(self.folder / "said", "wb") as said:
            self.watch = subprocess.Popen(command, cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                                          stdout=said, stderr=said)
        self.addCleanup(self.end)

    def end(self):
        self.watch.terminate()
        return self.watch.wait(30)

    def wait(self, what, condition):
        limit = time.monotonic() + 60
        while True:
            found = condition()
            if found:
                return found
            self.assertLess(time.monotonic(), limit, f"waited a minute for {what}")
            self.assertIsNone(self.watch.poll(), "the run has ended")
            time.sleep(0.02)

    def records(self, name, *kinds):
        path = self.folder / name
        return list(auscult.read_records(path, *kinds)) if path.exists() else []

    def detectors(self):
        """The processes of the run that are the detector now."""
        found = []
        for name in os.listdir("/proc"):
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
                with open(f"/proc/{name}/stat") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError):
                continue
            if words[1:2] == [b"judge.py"] and parent == self.watch.pid:
                found.append(int(name))
        return found

    def test_the_gap_is_marked_and_nothing_else_touched(self):
        seed = random.randrange(1 << 32)
        print(f"kills: seed {seed}", file=sys.stderr)
        draw = random.Random(seed)
        for kill in range(KILLS):
            judged = len(self.records("judge.jsonl", "score"))
            self.wait("scores", lambda: len(self.records("judge.jsonl", "score")) > judged + 10)
            time.sleep(draw.random() / 4)
            (detector,) = self.wait("the detector", self.detectors)
            os.kill(detector, signal.SIGKILL)
            self.wait("the end", lambda: len(self.ends()) > kill)
        judged = len(self.records("judge.jsonl", "score"))
        self.wait("the last start", lambda: len(self.records("judge.jsonl", "score")) > judged + 10)
        with auscult.Run("killed") as run:
            status = run.status()
        self.assertEqual((status["failed_nodes"], status["dropped_tokens"]), ([], 0), json.dumps(status["isolated"]))
        # A node has reported errors.
        self.assertEqual(self.end(), 1, (self.folder / "said").read_text())
        self.check()

    def ends(self):
        return [one for one in self.records("judge.jsonl", "isolation") if one["state"] == "ended"]

    def check(self):
        scores = [record["end"] for record in self.records("judge.jsonl", "score")]
        self.assertEqual(len(scores), len(set(scores)), "a slice was judged twice")
        gaps = [gap for gap in self.records("judge.jsonl", "gap") if gap["cause"] == "node"]
        whole = [record["end"] for record in self.records("whole.jsonl", "score")]
        missing = sorted(set(whole) - set(scores))
        self.assertGreater(len(whole), 100)
        for end in missing:
            self.assertTrue(any(gap["begin"] < end <= gap["end"] for gap in gaps), f"slice to {end} is not marked")
        steps = {after - before for before, after in zip(whole, whole[1:])}
        lost = self.records("whole.jsonl", "gap")
        self.assertTrue(len(steps) == 1 or lost, "the other detector lost slices")
        self.assertEqual([gap for gap in lost if gap["cause"] == "node"], [])
        self.assertTrue(missing, "the kills cost nothing: they were none")
