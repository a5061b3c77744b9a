"""Detectors in Python, in a graph over files."""
import subprocess
import sys
import unittest

import numpy as np

import auscult
from tests.support import PACKAGE, Case

LOUDEST = """
import auscult
class Loudest(auscult.Detector):
    threshold = -20.0
    def score(self, slice):
        return float(slice.max())
auscult.run(Loudest())
"""


class DetectorTests(Case):
    def scores(self):
        return list(auscult.read_records(self.folder / "log.jsonl", "score"))

    def test_scores_are_those_of_the_slices(self):
        self.graph(LOUDEST)
        self.sound()
        self.auscult("run", "graph.yaml", "--input", "sound.wav")
        slices = np.load(self.folder / "slices.npy")
        scores = self.scores()
        self.assertGreater(len(slices), 20)
        self.assertEqual([record["score"] for record in scores], [float(one.max()) for one in slices])
        self.assertEqual({record["threshold"] for record in scores}, {-20.0})
        self.assertEqual([record["anomalous"] for record in scores], [one.max() > -20 for one in slices])

    def test_any_period_gives_the_same(self):
        self.graph(LOUDEST, more="threshold: 3")
        self.sound()
        results = []
        for period in ("64", "1000"):
            self.auscult("run", "graph.yaml", "--input", "sound.wav", "--period", period)
            results.append((self.folder / "log.jsonl").read_bytes())
        self.assertEqual(results[0], results[1])
        self.assertIn(b'"threshold":3', results[0])

    def test_each_machine_and_file_has_a_detector_of_its_own(self):
        self.graph("""
import auscult
class Count(auscult.Detector):
    def begin(self, stream):
        self.log(f"{stream.graph} {stream.node} {stream.machine} {stream.shape} {stream.tokens_per_second}")
        self.count = 0
    def score(self, slice):
        self.count += 1
        return auscult.Score(self.count, threshold=5, bands=[3, 1])
auscult.run(Count())
""", channels=2)
        for name in ("a.wav", "b.wav"):
            self.sound(name, channels=2)
        said = self.auscult("run", "graph.yaml", "--input", "a.wav", "b.wav")
        self.assertIn("python judge mic-1 (8, 16) 15.625", said)
        counts = {}
        for record in self.scores():
            counts.setdefault((record["file"], record["machine"]), []).append(record["score"])
            self.assertEqual([band["band"] for band in record["bands"]], [3, 1])
        self.assertEqual(len(counts), 4)
        for numbers in counts.values():
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)))

    def test_an_error_names_the_line(self):
        self.graph(LOUDEST.replace("float(slice.max())", "1 / 0"))
        self.sound()
        said = self.auscult("run", "graph.yaml", "--input", "sound.wav", status=1)
        self.assertIn("ZeroDivisionError: division by zero (", said)
        self.assertIn("judge.py:6)", said)

    def test_a_score_that_is_not_finite_is_an_error(self):
        self.graph(LOUDEST.replace("float(slice.max())", "float('nan')"))
        self.sound()
        self.assertIn("is not finite", self.auscult("run", "graph.yaml", "--input", "sound.wav", status=1))

    def test_an_error_in_begin_is_an_error_of_the_graph(self):
        self.graph(LOUDEST.replace("def score", "def begin(self, stream): raise OSError('no model')\n    def score"))
        self.sound()
        said = self.auscult("run", "graph.yaml", "--input", "sound.wav", status=1)
        self.assertIn("graph.yaml:9:", said)
        self.assertIn("OSError: no model", said)

    def test_by_hand_it_says_how_to_run_it(self):
        self.write("judge.py", LOUDEST)
        done = subprocess.run([sys.executable, "judge.py"], cwd=self.folder, env=self.environment(), text=True,
                              stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("type: detector.process, command: [", done.stderr)


class EstimatorTests(unittest.TestCase):
    """What `run` takes, without a graph."""

    def test_the_sign_of_an_estimator_is_turned(self):
        class Fitted:
            n_features_in_ = 6

            def decision_function(self, rows):
                return -rows.sum(axis=1)
        stream = auscult.Stream("g", "n", "m", 2, 3, True, 1.0, np.array([]))
        detector = auscult.as_detector(Fitted())
        detector.begin(stream)
        token = np.arange(6, dtype=np.float32).reshape(2, 3)
        self.assertEqual(detector.score(token), 15.0)
        self.assertEqual(auscult.as_detector(Fitted(), higher_is_worse=True).score(token), -15.0)
        with self.assertRaisesRegex(ValueError, "was fitted on 6 values, a token of shape .2, 3. gives 3"):
            auscult.as_detector(Fitted(), prepare=lambda slice: slice.mean(axis=0)).begin(stream)

    def test_a_model_that_learns_scores_first(self):
        class Learner:
            seen = 0

            def score_one(self, values):
                return self.seen + values[0]

            def learn_one(self, values):
                self.seen += 1
        detector = auscult.as_detector(Learner())
        self.assertEqual([detector.score(np.array([0.5], np.float32)) for _ in range(3)], [0.5, 1.5, 2.5])

    def test_a_function_is_a_detector(self):
        self.assertEqual(auscult.as_detector(np.max).score(np.array([1, 3])), 3)

    def test_other_things_are_refused(self):
        for thing in (3, object(), auscult.Detector):
            with self.assertRaisesRegex(TypeError, "is no detector"):
                auscult.as_detector(thing)


class ExampleTests(Case):
    """The examples; those with scikit-learn and river where these are installed."""

    scores = DetectorTests.scores
    examples = PACKAGE / "examples"

    def needs(self, name):
        try:
            __import__(name)
        except ImportError:
            self.skipTest(f"{name} is not installed")

    def test_an_isolation_forest_judges(self):
        self.needs("sklearn")
        self.graph((self.examples / "isolation_forest.py").read_text(), "normal.npy")
        self.sound()
        np.save(self.folder / "normal.npy", np.random.default_rng(0).normal(-40, 3, (200, 8, 16)).astype(np.float32))
        self.auscult("run", "graph.yaml", "--input", "sound.wav")
        from sklearn.ensemble import IsolationForest
        forest = IsolationForest(random_state=0).fit(np.load(self.folder / "normal.npy").mean(axis=-2))
        slices = np.load(self.folder / "slices.npy")
        expected = [-forest.decision_function(one.mean(axis=-2)[np.newaxis])[0] for one in slices]
        self.assertEqual([record["score"] for record in self.scores()], expected)
        self.assertEqual({record["threshold"] for record in self.scores()}, {0})

    def test_half_space_trees_judge(self):
        self.needs("river")
        program = (self.examples / "half_space_trees.py").read_text().replace("seed=0", "seed=0, window_size=10")
        self.graph(program, more="threshold: 0.9")
        self.sound()
        self.auscult("run", "graph.yaml", "--input", "sound.wav")
        self.assertGreater(len({record["score"] for record in self.scores()}), 1)

    def test_the_usual_level_is_learned(self):
        self.graph((self.examples / "usual_level.py").read_text().replace("60 *", "0.9 *"))
        self.sound()
        self.auscult("run", "graph.yaml", "--input", "sound.wav")
        anomalous = [record["anomalous"] for record in self.scores()]
        self.assertFalse(any(anomalous[:14]))
        self.assertTrue(all(anomalous[-8:]))
