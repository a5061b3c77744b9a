"""The nodes before a detector, in librosa and NumPy: the same numbers as the graph files'.

Tokens are [count x frames x bands], float32.
"""

import functools

import librosa
import numpy as np
import soundfile


@functools.lru_cache(maxsize=None)
def sound(path, rate=None):
    """Mono samples, resampled if a rate is given, and their rate."""
    samples, own = soundfile.read(path, dtype="float32", always_2d=True)
    samples = samples[:, 0]
    if rate and rate != own:
        samples = librosa.resample(samples, orig_sr=own, target_sr=rate, res_type="soxr_hq")
    return samples, rate or own


def spectrum(samples, length, hop, fft=None, center=False, pre_emphasis=0.0):
    """Power of every bin [frames x bins]: the nodes `stft` and `power`."""
    if pre_emphasis:
        samples = np.append(samples[:1], samples[1:] - pre_emphasis * samples[:-1])
    if not center and len(samples) < length:
        return np.zeros((0, (fft or length) // 2 + 1))
    columns = librosa.stft(samples.astype(np.float64), n_fft=fft or length, win_length=length, hop_length=hop,
                           window="hann", center=center, pad_mode="constant")
    return (np.abs(columns) ** 2).T


def mel(power, rate, bands, fmin=0.0, fmax=None):
    """The node `mel`."""
    filters = librosa.filters.mel(sr=rate, n_fft=2 * (power.shape[1] - 1), n_mels=bands, fmin=fmin, fmax=fmax)
    return power @ filters.astype(np.float64).T


def decibel(power, floor=1e-10, low=None, high=None):
    """`normalize` in mode decibel: plain, or mapped to [0, 1] where low and high are given."""
    level = 10 * np.log10(np.maximum(power, floor))
    if low is not None:
        level = np.clip((level - low) / (high - low), 0, 1)
    return level


def minmax(token, top_db=80.0, epsilon=1e-8):
    """`normalize` in mode slice: levels below the greatest, divided by their range."""
    level = token - token.max()
    level = np.maximum(level, -top_db)
    return (level - level.min()) / (level.max() - level.min() + epsilon)


def slices(columns, length, hop, pad=False, fill=0.0):
    """`slicer`: [count x length x bands]. The last slice is padded if it holds frames that no other slice has."""
    result, begin = [], 0
    while begin + length <= len(columns):
        result.append(columns[begin:begin + length])
        begin += hop
    covered = begin - hop + length if result else 0
    if pad and covered < len(columns) and begin < len(columns):
        rest = columns[begin:]
        missing = np.full((length - len(rest), columns.shape[1]), fill)
        result.append(np.concatenate([rest, missing]))
    shape = (0, length, columns.shape[1])
    return np.array(result, dtype=np.float32).reshape(-1, *shape[1:])
