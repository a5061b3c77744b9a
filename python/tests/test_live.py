"""The client of a live run, on a private JACK server."""
import os
import shutil
import subprocess
import time
import unittest

import numpy as np

import auscult
from tests.support import PROGRAM, Case

GRAPH = """
graph: live-python
nodes:
  mic:    { type: source.synth, seed: 1 }
  stft:   { type: stft, length: 512, hop: 256 }
  mel:    { type: mel, bands: 16 }
  slices: { type: slicer, length: 8, hop: 4 }
  judge:  { type: detector.bands, learn: 0.2 s }
  none:   { type: sink.null }
links: [ mic -> stft -> mel -> slices -> judge -> none ]
"""


@unittest.skipUnless(shutil.which("jackd"), "jackd is not installed")
class LiveTests(Case):
    def setUp(self):
        super().setUp()
        os.environ["AUSCULT_CONTROL_PATH"] = str(self.folder / "control")
        self.addCleanup(os.environ.pop, "AUSCULT_CONTROL_PATH")
        self.write("live.yaml", GRAPH)
        # A private server without sound card.
        command = [PROGRAM, "run", "live.yaml", "--start-server", "--rate", "16000", "--period", "256"]
        self.watch = subprocess.Popen(command, cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end)
        self.wait(lambda: (self.folder / "control/live-python.sock").exists())

    def end(self):
        self.watch.terminate()
        self.watch.wait(30)

    def wait(self, condition):
        limit = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), limit, "waited for a minute")
            time.sleep(0.05)

    def test_records_and_tokens_arrive_until_the_run_ends(self):
        with auscult.Run("live-python") as run:
            self.assertEqual(run.status()["graph"], "live-python")
            items = run.subscribe()
            score = next(item for item in items if item["kind"] == "score")
            self.assertEqual(score["node"], "judge")
            slices = (item for item in run.subscribe(node="slices") if item["kind"] == "slice")
            self.assertEqual(next(slices)["values"].shape, (8, 16))
            spectra = (item for item in run.subscribe(node="stft") if item["kind"] == "spectrum")
            self.assertEqual(next(spectra)["values"].dtype, np.complex64)
            with self.assertRaises(auscult.RunError):
                run.call("subscribe", node=3)
            self.watch.terminate()
            self.assertGreaterEqual(sum(1 for _ in items), 0)
            self.assertIn("ended", items.reason)

    def test_a_run_that_is_not_there_is_named(self):
        with self.assertRaisesRegex(FileNotFoundError, "no run 'other' is live .looked in .*control"):
            auscult.Run("other")
