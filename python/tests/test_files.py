"""Records and models: good ones, damaged ones and hostile ones."""
import json
import random
import struct
import unittest

import numpy as np

import auscult
from tests.support import Case

RECORDS = b"""{"kind":"score","machine":"a","begin":0,"score":1.5,"anomalous":false}
{"kind":"gap","begin":5}

{"kind":"score","machine":"b","begin":7,"anomalous":true}
{"kind":"score","mach"""


class RecordTests(Case):
    def test_kinds_and_columns(self):
        path = self.write("log.jsonl", RECORDS)
        self.assertEqual([record["kind"] for record in auscult.read_records(path)], ["score", "gap", "score"])
        table = auscult.columns(auscult.read_records(path, "score"), "machine", "begin", "score", "anomalous")
        self.assertEqual(table["machine"].tolist(), ["a", "b"])
        self.assertEqual(table["begin"].dtype, np.int64)
        self.assertEqual(table["score"][0], 1.5)
        self.assertTrue(np.isnan(table["score"][1]))
        self.assertEqual(table["anomalous"].tolist(), [False, True])

    def test_what_is_no_record_is_named(self):
        for line in (b"no", b"[1]", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe"):
            path = self.write("log.jsonl", RECORDS[:RECORDS.index(b"\n") + 1] + line + b"\n")
            with self.assertRaisesRegex(auscult.RecordError, "log.jsonl:2: is no record"):
                list(auscult.read_records(path))
        path = self.write("log.jsonl", b"x" * (2 << 20))
        with self.assertRaisesRegex(auscult.RecordError, "log.jsonl:1: a line of more than"):
            list(auscult.read_records(path))


def safetensors(header, body=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


METADATA = {
    "auscult.version": "1", "auscult.class": "detector.kmeans", "auscult.labels": "[]",
    "auscult.machines": '[{"name":"a","threshold":2.5},{"name":"b","offsets":[1,-1]}]', "detector.note": "x",
}
GOOD = safetensors({
    "__metadata__": METADATA,
    "all.scale": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]},
    "1.centres": {"dtype": "F32", "shape": [2, 3], "data_offsets": [16, 40]},
}, np.array([1.0, 2.0]).tobytes() + np.arange(6, dtype=np.float32).tobytes())


class ModelTests(Case):
    def test_a_model_is_read(self):
        model = auscult.read_model(self.write("m.safetensors", GOOD))
        self.assertEqual((model.class_name, [one.name for one in model.machines]), ("detector.kmeans", ["a", "b"]))
        self.assertEqual([one.threshold for one in model.machines], [2.5, None])
        self.assertEqual(model.machines[1].offsets.tolist(), [1, -1])
        self.assertEqual(model.tensor("scale").tolist(), [1, 2])
        self.assertEqual(model.tensor("centres", "b").tolist(), [[0, 1, 2], [3, 4, 5]])
        self.assertRegex(model.digest, "^sha256:[0-9a-f]{64}$")
        with self.assertRaises(KeyError):
            model.tensor("centres", "a")

    def test_a_file_that_is_cut_at_any_byte_is_refused(self):
        for size in range(len(GOOD)):
            with self.assertRaises(auscult.ModelError):
                auscult.read_model(self.write("m.safetensors", GOOD[:size]))

    def test_claims_are_checked(self):
        whole = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
        for change in (
            {"shape": [1 << 31]}, {"shape": [1 << 39, 1 << 39, 1 << 39]}, {"shape": [-1]}, {"shape": [True]}, {"shape": 1},
            {"shape": [1] * 9}, {"data_offsets": [0, 8]}, {"data_offsets": [4, 0]}, {"data_offsets": [-4, 0]},
            {"data_offsets": [0, 1 << 62]}, {"dtype": "BF16"}, {"dtype": ["F32"]}, {"dtype": None},
        ):
            path = self.write("m.safetensors", safetensors({"a": dict(whole, **change)}, b"1234"))
            with self.assertRaises(auscult.ModelError, msg=str(change)):
                auscult.read_tensors(path)
        for header in (b"[]", b"{", b"[" * 100_000, b'{"a":' * 100_000):
            with self.assertRaises(auscult.ModelError):
                auscult.read_tensors(self.write("m.safetensors", safetensors(header)))
        for size in (1 << 31, 1 << 63, (1 << 64) - 1):
            with self.assertRaises(auscult.ModelError):
                auscult.read_tensors(self.write("m.safetensors", struct.pack("<Q", size) + b"{}"))

    def test_changed_bytes_give_a_model_or_an_error(self):
        seed = random.randrange(1 << 32)
        draw = random.Random(seed)
        refused = 0
        for _ in range(2000):
            content = bytearray(GOOD)
            for _ in range(draw.randint(1, 4)):
                content[draw.randrange(len(content))] = draw.randrange(256)
            try:
                auscult.read_model(self.write("m.safetensors", bytes(content)))
            except auscult.ModelError:
                refused += 1
            except Exception:
                print(f"seed {seed}")
                raise
        self.assertGreater(refused, 100)


if __name__ == "__main__":
    unittest.main()
