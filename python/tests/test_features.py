"""`auscult features`, as typed and by `auscult.features`."""
import json
import os

import numpy as np

import auscult
from tests.support import PROGRAM, RATE, Case

GRAPH = """
graph: features
nodes:
  mic:    { type: source, channels: CHANNELS }
  stft:   { type: stft, length: 512, hop: 256 }
  mel:    { type: mel, bands: 16 }
  slices: { type: slicer, length: 8, hop: 4 }
  judge:  { type: detector.kmeans, model: none.safetensors }
  second: { type: detector.kmeans, model: none.safetensors }
  log:    { type: sink.jsonl, path: log.jsonl }
links:
  - mic -> stft -> mel -> slices -> judge -> log
  - slices -> second -> log
"""
# The same nodes with a sink in the graph.
WRITTEN = GRAPH[:GRAPH.index("  judge")] + """
  array:  { type: sink.npy, path: slices.npy, append: false }
links: [ mic -> stft -> mel -> slices -> array ]
"""


class FeatureTests(Case):
    def setUp(self):
        super().setUp()
        os.environ["AUSCULT"] = PROGRAM
        for number, name in enumerate(("a.wav", "b.wav", "c.wav")):
            self.sound(name, seconds=1 + number / 2, seed=number)
        self.write("graph.yaml", GRAPH.replace("CHANNELS", "1"))

    def manifest(self, folder="out"):
        return json.loads((self.folder / folder / "manifest.json").read_text())

    def test_the_arrays_are_those_of_the_graph(self):
        self.write("written.yaml", WRITTEN.replace("CHANNELS", "1"))
        self.auscult("run", "written.yaml", "--input", "a.wav", "b.wav", "c.wav", "--period", "100")
        self.auscult("features", "graph.yaml", "a.wav", "b.wav", "c.wav", "--to", "out")
        ours = np.load(self.folder / "out/slices.npy")
        self.assertGreater(len(ours), 50)
        self.assertEqual(ours.tobytes(), np.load(self.folder / "slices.npy").tobytes())
        (output,) = self.manifest()["outputs"]
        self.assertEqual([output["node"], output["rows"], output["columns"]], ["slices", 8, 16])
        self.assertEqual([file["file"] for file in output["files"]], ["a.wav", "b.wav", "c.wav"])
        self.assertEqual(output["files"][-1]["end"], len(ours))
        self.assertFalse((self.folder / "log.jsonl").exists())

    def test_python_gets_the_same(self):
        found = auscult.features(self.folder / "graph.yaml", [self.folder / "a.wav", self.folder / "b.wav"])
        self.auscult("features", "graph.yaml", "b.wav", "--to", "out")
        (other,) = auscult.read_features(self.folder / "out")
        self.assertEqual(found.of(str(self.folder / "b.wav")).tobytes(), other.values.tobytes())
        self.assertEqual(found.values.shape[1:], (8, 16))
        self.assertEqual(found.tokens_per_second, RATE / 256 / 4)
        self.assertEqual(len(found.hertz), 16)
        with self.assertRaisesRegex(auscult.FeatureError, "no node 'mell'; did you mean 'mel'"):
            auscult.features(self.folder / "graph.yaml", self.folder / "a.wav", node="mell")

    def test_any_output_and_channels(self):
        self.write("graph.yaml", GRAPH.replace("CHANNELS", "2"))
        self.sound("two.wav", channels=2)
        self.auscult("features", "graph.yaml", "two.wav", "--to", "out", "--node", "mel", "--node", "mic", "--node", "judge")
        outputs = self.manifest()["outputs"]
        self.assertEqual([output["array"] for output in outputs], ["mel.npy", "mic.npy", "slices.npy"])
        shapes = [np.load(self.folder / "out" / output["array"]).shape[1:] for output in outputs]
        self.assertEqual(shapes, [(2, 16), (2,), (2, 8, 16)])
        self.assertEqual(outputs[0]["machines"], ["mic-1", "mic-2"])

    def test_shards_are_the_whole(self):
        self.auscult("features", "graph.yaml", ".", "--to", "out")
        whole = self.manifest()["outputs"][0]["files"]
        parts = []
        for shard in ("1/2", "2/2"):
            self.auscult("features", "graph.yaml", ".", "--to", "part", "--shard", shard)
            parts.append([file["file"] for file in self.manifest("part")["outputs"][0]["files"]])
        self.assertEqual(sorted(parts[0] + parts[1]), [file["file"] for file in whole])
        self.assertEqual([len(part) for part in parts], [2, 1])
        self.auscult("features", "graph.yaml", "a.wav", "--to", "part", "--shard", "2/2", status=1)
        self.auscult("features", "graph.yaml", "a.wav", "--to", "part", "--shard", "0/2", status=64)

    def test_a_recording_that_cannot_be_read_is_named_and_left_out(self):
        self.write("bad.wav", b"no sound")
        said = self.auscult("features", "graph.yaml", "bad.wav", "a.wav", "--to", "out", status=1)
        self.assertIn("bad.wav", said)
        self.assertEqual([file["file"] for file in self.manifest()["outputs"][0]["files"]], ["a.wav"])
        self.auscult("features", "graph.yaml", "bad.wav", "--to", "out", status=1)
        self.assertFalse((self.folder / "out/manifest.json").exists(), "the manifest of other arrays stayed")

    def test_a_damaged_folder_is_refused(self):
        self.auscult("features", "graph.yaml", "a.wav", "--to", "out")
        text = (self.folder / "out/manifest.json").read_text()
        for change in (("slices.npy", "../slices.npy"), ('"version" : 1', '"version" : 2'),
                       ('"begin" : 0', '"begin" : -1')):
            self.assertIn(change[0], text)
            (self.folder / "out/manifest.json").write_text(text.replace(*change))
            with self.assertRaises(auscult.FeatureError):
                auscult.read_features(self.folder / "out")
