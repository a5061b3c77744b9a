"""Makes the pickles and arrays of this folder. NumPy 1.24.2 wrote those of 1, NumPy 2.4.6 those of 2.

    python3 make.py 1      with the NumPy of that number
"""
import pickle
import sys
from pathlib import Path

import numpy as np

folder = Path(__file__).parent
major = sys.argv[1]
assert np.__version__.startswith(major + ".")

names = {"id_00": 0, "id_02": 1, "Lüfter": 2, "long" * 80: 3}
thresholds = {0: np.float64(0.25), 1: np.float32(1.5), 2: 3, np.int64(3): np.float64(1e-3)}
mixed = {
    "array": np.arange(6, dtype="<f4").reshape(2, 3), "big": np.array([1, -2], ">i4"), "none": None, "truth": [True, False],
    "tuple": (1, -1, 2**31, -(2**40), 0.5), "empty": [(), [], {}], "flag": np.bool_(True), "same": [names, names],
}
for protocol in range(6):
    for name, value in {"names": names, "thresholds": thresholds, "mixed": mixed}.items():
        (folder / f"{name}-{major}-{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
if major == "1":
    np.save(folder / "embeddings.npy", np.arange(12, dtype=np.float32).reshape(4, 3) / 4)
    np.save(folder / "ids.npy", np.array([0, 1, 0, 1]))
    np.save(folder / "objects.npy", np.array([{}, None]), allow_pickle=True)
    np.save(folder / "fortran.npy", np.asfortranarray(np.zeros((2, 3))))
