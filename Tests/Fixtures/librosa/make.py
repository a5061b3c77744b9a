"""Makes the arrays in this folder: results of librosa 0.11 for short signals, with which SignalTests compares.

    pip install -r requirements.txt
    python make.py

Signals are 16-bit integers, so that both sides read the very same samples: x = integer / 32768. The arrays hold
(columns, bands), or (slices, columns, bands), as float32.
"""

import pathlib

import librosa
import numpy as np

HERE = pathlib.Path(__file__).parent


def signal(rate, seconds, seed):
    """A synthetic machine: a hum with harmonics, a sweep, clicks, noise that comes and goes, silence at the end."""
    generator = np.random.default_rng(seed)
    t = np.arange(int(rate * seconds)) / rate
    hum = sum(0.2 / k * np.sin(2 * np.pi * 97 * k * t + k) for k in range(1, 9))
    sweep = 0.1 * np.sin(2 * np.pi * (200 * t + (0.4 * rate - 200) / (2 * seconds) * t**2))
    noise = 0.05 * generator.standard_normal(t.size) * (1 + np.sin(2 * np.pi * 3 * t))
    x = hum + sweep + noise
    x[:: rate // 7] += 0.5
    x[int(0.93 * t.size):] = 0
    return np.clip(np.round(x * 16384), -32768, 32767).astype("<i2")


def save(name, array):
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(array, dtype="<f4"))


def column_major(spectrogram):
    """librosa's (bands, columns) as (columns, bands)."""
    return spectrogram.T


def mel(x, rate, **options):
    return librosa.feature.melspectrogram(y=x, sr=rate, **options)


def decibel(power, **options):
    return librosa.power_to_db(power, **{"ref": 1.0, "top_db": None} | options)


def unit(level):
    """Slice normalisation of the reference system D."""
    return (level - level.min()) / (level.max() - level.min() + 1e-8)


def main():
    signals = {}
    for rate, seconds, seed in [(48000, 0.5, 1), (44100, 0.5, 2), (16000, 1.0, 3)]:
        samples = signal(rate, seconds, seed)
        np.save(HERE / f"signal{rate}.npy", samples)
        signals[rate] = samples.astype(np.float32) / np.float32(32768)

    # Mel power spectrograms; tests take the logarithm where they need it.
    cases = {
        "mel48000": (48000, dict(n_fft=2048, hop_length=512, n_mels=128)),
        "mel44100": (44100, dict(n_fft=1024, hop_length=512, n_mels=128)),
        "mel16000": (16000, dict(n_fft=1024, hop_length=512, n_mels=128)),
        "mel16000_64": (16000, dict(n_fft=1024, hop_length=512, n_mels=64)),
        "mel16000_uncentred": (16000, dict(n_fft=1024, hop_length=512, n_mels=64, center=False)),
        "mel16000_htk": (16000, dict(n_fft=1024, hop_length=512, n_mels=64, htk=True, norm=None)),
        "mel16000_htk_slaney": (16000, dict(n_fft=1024, hop_length=512, n_mels=64, htk=True)),
        "mel16000_range": (16000, dict(n_fft=2048, hop_length=512, n_mels=128, fmin=20, fmax=2000)),
        "mel16000_short_window": (16000, dict(n_fft=1024, win_length=400, hop_length=160, n_mels=64)),
        "mel16000_hamming_magnitude": (16000, dict(n_fft=512, hop_length=200, n_mels=40, window="hamming", power=1.0)),
    }
    for name, (rate, options) in cases.items():
        save(name, column_major(mel(signals[rate], rate, **options)))

    # Levels.
    for rate, fft in [(48000, 2048), (44100, 1024), (16000, 1024)]:
        power = mel(signals[rate], rate, n_fft=fft, hop_length=512, n_mels=128)
        save(f"decibel{rate}", column_major(decibel(power)))

    x = signals[16000]
    # Filters alone.
    save("filters_slaney", librosa.filters.mel(sr=16000, n_fft=1024, n_mels=64))
    save("filters_htk", librosa.filters.mel(sr=16000, n_fft=1024, n_mels=64, htk=True, norm=None))

    # The complex spectrum, and the plain spectrogram.
    spectrum = librosa.stft(x, n_fft=1024, hop_length=2048)
    save("stft16000", np.stack([spectrum.T.real, spectrum.T.imag], axis=-1).reshape(spectrum.shape[1], -1))
    save("magnitude16000", np.abs(spectrum).T)

    # Pre-emphasis that takes a zero before the first sample, like the reference system D.
    emphasized = librosa.effects.preemphasis(x, coef=0.97, zi=[0.0])
    save("pre_emphasis", column_major(mel(emphasized, 16000, n_fft=1024, hop_length=512, n_mels=64)))

    # PCEN with its defaults, on magnitudes of audio scaled by 2^31.
    magnitude = mel(x, 16000, n_fft=1024, hop_length=512, n_mels=64, power=1.0)
    save("pcen", column_major(librosa.pcen(magnitude * 2**31, sr=16000, hop_length=512)))
    save(
        "pcen_other",
        column_major(
            librosa.pcen(magnitude * 2**31, sr=16000, hop_length=512, gain=0.8, bias=10, power=0.25, time_constant=0.06)
        ),
    )

    # Slices of 10 columns, 5 apart, each normalised by itself: the reference systems A (ref = max) and D (ref = 1).
    power = mel(x, 16000, n_fft=1024, hop_length=512, n_mels=64)
    starts = range(0, power.shape[1] - 10 + 1, 5)
    save("slice_max", [column_major(unit(decibel(power[:, s:s + 10], ref=np.max, top_db=80))) for s in starts])
    save("slice_one", [column_major(unit(decibel(power[:, s:s + 10], ref=1.0, top_db=80))) for s in starts])
    # The same slices, each less its own level: librosa's power_to_db with the slice's mean, median or greatest power, or
    # the mean of band 20, for ref. The level that was removed is a 65th column; then statistics of both.
    references = {"mean": np.mean, "median": np.median, "max": np.max, "band": lambda part: np.mean(part[20])}
    for name, reference in references.items():
        parts = []
        for s in starts:
            part = power[:, s:s + 10].astype(np.float64)
            removed = decibel(np.atleast_1d(reference(part)))
            parts.append(np.concatenate([decibel(part, ref=reference), np.tile(removed, (1, 10))]))
        save(f"level_{name}", [column_major(part) for part in parts])
        save(f"level_{name}_statistics", [np.concatenate([part.mean(1), part.std(1)]) for part in parts])
    # Single analysis frames less their own mean.
    save("level_frames", [decibel(column.astype(np.float64), ref=np.mean) for column in power.T])
    level = decibel(power)
    save("statistics", [np.concatenate([level[:, s:s + 10].mean(1), level[:, s:s + 10].std(1),
                                        np.median(level[:, s:s + 10], axis=1)]) for s in starts])


if __name__ == "__main__":
    main()
