"""System A: a dense autoencoder on three seconds of 128 mel bands at once, its level kept."""

import functools

import torch

import frontend
import protocol
import training
from networks import Dense


@functools.lru_cache(maxsize=None)
def front_end(path, pad=False):
    samples, rate = frontend.sound(path, 48000)
    level = frontend.decibel(frontend.mel(frontend.spectrum(samples, 2048, 1125), rate, 128), low=-80, high=40)
    return frontend.slices(level, 128, int(rate / 1125), pad=pad)


def train(tokens, seed):
    torch.manual_seed(seed)
    module = Dense(128, 128, [128, 32, 8, 32, 128], batch_norm=False, sigmoid=True)
    training.keras_initial(module, seed)
    x = torch.from_numpy(tokens)
    return training.fit(module, (x,), x, training.reconstruction_loss, seed, epochs=200, batch=16, is_keras=True)


def main():
    data = protocol.data_folder()
    table = protocol.Table("a")
    for task in protocol.ANOMALY:
        # Recordings of two seconds are padded.
        pad = task == "anomaly/rain_22050"
        normal, files, test, owner = protocol.anomaly_task(data, task, lambda path: front_end(path, pad))
        for seed in protocol.SEEDS:
            scores = training.reconstruction_scores(train(normal, seed), torch.from_numpy(test))
            table.add(task, "autoencoder", seed, *protocol.areas(files, scores, owner))
    table.write()


if __name__ == "__main__":
    main()
