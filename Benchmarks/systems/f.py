"""System F: the common baseline, a dense autoencoder with batch norm on five columns of 128 mel bands."""

import functools

import torch

import frontend
import protocol
import training
from networks import Dense

HIDDEN = [128, 128, 128, 128, 8, 128, 128, 128, 128]


@functools.lru_cache(maxsize=None)
def front_end(path):
    samples, rate = frontend.sound(path, 16000)
    power = frontend.spectrum(samples, 1024, 512)
    return frontend.slices(frontend.decibel(frontend.mel(power, rate, 128), floor=2.2e-16), 5, 1)


def train(tokens, seed, epochs=100):
    torch.manual_seed(seed)
    module = Dense(5, 128, HIDDEN, batch_norm=True, sigmoid=False)
    x = torch.from_numpy(tokens)
    return training.fit(module, (x,), x, training.reconstruction_loss, seed, epochs=epochs, batch=256)


def main():
    data = protocol.data_folder()
    table = protocol.Table("f")
    for task in protocol.ANOMALY:
        normal, _ = protocol.tokens(protocol.recordings(data, task, "train"), front_end)
        files = protocol.recordings(data, task, "test")
        test, owner = protocol.tokens(files, front_end)
        for seed in protocol.SEEDS:
            scores = training.reconstruction_scores(train(normal, seed), torch.from_numpy(test))
            table.add(task, "", seed, *protocol.areas(files, scores, owner))
    table.write()


if __name__ == "__main__":
    main()
