"""Makes the fixtures of ResampleTests: results of librosa.resample (res_type='soxr_hq') for noise and a sweep.

pip install librosa==0.11.0 soxr==1.1.0 numpy==2.4.6
Writes <in>_<out>.f32: int32 n, int32 m, n float32 of input, m float32 of output, little-endian.
"""

import pathlib

import librosa
import numpy as np

here = pathlib.Path(__file__).parent
for number, (a, b) in enumerate(
    [(48000, 16000), (44100, 16000), (22050, 16000), (16000, 48000), (44100, 48000), (8000, 16000), (96000, 16000)]
):
    random = np.random.default_rng(number)
    n = 4001 + number
    t = np.arange(n) / n
    sweep = 0.4 * np.sin(np.pi * 0.5 * n * t * t)
    x = (sweep + random.uniform(-0.5, 0.5, n)).astype(np.float32)
    y = librosa.resample(x, orig_sr=a, target_sr=b, res_type="soxr_hq")
    with open(here / f"{a}_{b}.f32", "wb") as file:
        file.write(np.array([n, len(y)], "<i4").tobytes() + x.astype("<f4").tobytes() + y.astype("<f4").tobytes())
