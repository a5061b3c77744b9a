"""The same work in Python libraries: one piece of work per process, one JSON object with its CPU time.

    peers.py kaldi-mel   SOUND --period 256                            kaldi-native-fbank, a period at a time
    peers.py librosa-mel SOUND                                         librosa, the whole sound in one call
    peers.py chain       SOUND --period 64 --model M --onnx M.onnx     python-soxr, numpy and ONNX Runtime, as a stream
    peers.py onnx        TOKENS.npy --model M --onnx M.onnx --batch 1  ONNX Runtime alone
    peers.py kmeans      TOKENS.npy --threads 2                        scikit-learn, 8 clusters, 10 starts

SOUND is a mono WAV file of 32-bit floats with a header of 44 bytes, M a model of `auscult train`. cpu_s and wall_s are
of the work alone, after a warm-up: imports, reading and loading are not in them.
"""

import argparse
import importlib.metadata
import json
import os
import time

WINDOW, HOP, BANDS, FRAMES, RATE = 1024, 512, 128, 5, 16000
TO_DECIBEL = 4.3429448190325


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("input")
    parser.add_argument("--period", type=int, default=256)
    parser.add_argument("--model")
    parser.add_argument("--onnx")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


class Timer:
    def __enter__(self):
        self.cpu, self.wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *unused):
        self.cpu, self.wall = time.process_time() - self.cpu, time.perf_counter() - self.wall


def figures(timer, library, **more):
    versions = {name: importlib.metadata.version(name) for name in library}
    return {"cpu_s": timer.cpu, "wall_s": timer.wall, "versions": versions, **more}


def sound(path):
    import numpy as np
    return np.fromfile(path, np.float32, offset=44)


def kaldi_mel(options):
    import kaldi_native_fbank
    settings = kaldi_native_fbank.FbankOptions()
    frames = settings.frame_opts
    frames.samp_freq, frames.dither, frames.preemph_coeff, frames.remove_dc_offset = RATE, 0, 0, False
    frames.window_type, frames.frame_length_ms, frames.frame_shift_ms = "hann", 64, 32
    bands = settings.mel_opts
    bands.num_bins, bands.low_freq, bands.high_freq, bands.is_librosa = BANDS, 0, RATE / 2, True
    settings.use_energy = False

    def run(samples):
        online, count, total = kaldi_native_fbank.OnlineFbank(settings), 0, 0.0
        for begin in range(0, len(samples) - options.period + 1, options.period):
            online.accept_waveform(RATE, samples[begin:begin + options.period])
            ready = online.num_frames_ready
            for index in range(count, ready):
                total += float(online.get_frame(index)[40])
            online.pop(ready - count)
            count = ready
        return total * TO_DECIBEL / count, count

    samples = sound(options.input)
    run(samples[:RATE])
    with Timer() as timer:
        level, count = run(samples)
    return figures(timer, ["kaldi-native-fbank"], level=level, frames=count)


def librosa_mel(options):
    import librosa

    def run(samples):
        powers = librosa.feature.melspectrogram(y=samples, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=BANDS,
                                                center=False)
        return librosa.power_to_db(powers, top_db=None)

    samples = sound(options.input)
    run(samples[:10 * RATE])
    with Timer() as timer:
        levels = run(samples)
    return figures(timer, ["librosa", "numpy"], level=float(levels[40].mean()), frames=levels.shape[1])


def session(path):
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])


def scaling(model):
    import onnx_model
    return onnx_model.scaling(onnx_model.read(model)[1])


def chain(options):
    import librosa
    import numpy as np
    import soxr
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    filters = librosa.filters.mel(sr=RATE, n_fft=WINDOW, n_mels=BANDS).astype(np.float32)
    means, factors = scaling(options.model)
    network = session(options.onnx)

    def run(samples):
        resampler = soxr.ResampleStream(48000, RATE, 1, dtype="float32", quality="HQ")
        waiting, fill = np.zeros(8 * WINDOW, np.float32), 0
        slices, count, total = np.zeros((FRAMES, BANDS), np.float32), 0, 0.0
        for begin in range(0, len(samples) - options.period + 1, options.period):
            heard = resampler.resample_chunk(samples[begin:begin + options.period])
            waiting[fill:fill + len(heard)] = heard
            fill, done = fill + len(heard), 0
            while done + WINDOW <= fill:
                spectrum = np.fft.rfft(waiting[done:done + WINDOW] * window)
                powers = filters @ (spectrum.real ** 2 + spectrum.imag ** 2)
                slices[:-1] = slices[1:]
                slices[-1] = 10 * np.log10(np.maximum(powers, 1e-10))
                done, count = done + HOP, count + 1
                if count >= FRAMES:
                    token = (slices.ravel() - means) * factors
                    error = token - network.run(None, {"x": token.reshape(1, FRAMES, BANDS)})[0].ravel()
                    total += float(error @ error) / len(token)
            if done:
                waiting[:fill - done] = waiting[done:fill]
                fill -= done
        return total / max(count - FRAMES + 1, 1), count

    samples = sound(options.input)
    run(samples[:48000])
    with Timer() as timer:
        score, count = run(samples)
    return figures(timer, ["numpy", "soxr", "onnxruntime"], score=score, frames=count)


def tokens(options):
    """Scaled as the model's detector scales them."""
    import numpy as np
    values = np.load(options.input).astype(np.float32)
    means, factors = scaling(options.model)
    return ((values.reshape(len(values), -1) - means) * factors).reshape(values.shape)


def onnx(options):
    import numpy as np
    network, values = session(options.onnx), tokens(options)
    batches = [values[begin:begin + options.batch] for begin in range(0, len(values), options.batch)]
    network.run(None, {"x": batches[0]})
    with Timer() as timer:
        results = [network.run(None, {"x": batch})[0] for batch in batches]
    scores = [((result - batch) ** 2).mean((1, 2)) for result, batch in zip(results, batches)]
    return figures(timer, ["onnxruntime"], score=float(np.concatenate(scores).mean()), tokens=len(values))


def kmeans(options):
    from sklearn.cluster import KMeans
    values = tokens(options)
    values = values.reshape(len(values), -1)
    KMeans(8, n_init=1, random_state=1).fit(values[:100])
    with Timer() as timer:
        result = KMeans(8, n_init=10, random_state=1).fit(values)
    return figures(timer, ["scikit-learn", "numpy"], inertia=float(result.inertia_), tokens=len(values))


WORKS = {"kaldi-mel": kaldi_mel, "librosa-mel": librosa_mel, "chain": chain, "onnx": onnx, "kmeans": kmeans}


def main():
    options = parsed()
    for library in ("OMP", "OPENBLAS", "MKL", "NUMBA"):
        os.environ[f"{library}_NUM_THREADS"] = str(options.threads)
    print(json.dumps(WORKS[options.work](options)))


if __name__ == "__main__":
    main()
