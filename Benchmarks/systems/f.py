"""System F: the common baseline, a dense autoencoder with batch norm on five columns of 128 mel bands."""

import functools

import torch

import frontend
import protocol
import training
from networks import Dense


@functools.lru_cache(maxsize=None)
def front_end(path):
    samples, rate = frontend.sound(path, 16000)
    power = frontend.mel(frontend.spectrum(samples, 1024, 512), rate, 128)
    return frontend.slices(frontend.decibel(power, floor=2.2e-16), 5, 1)


def train(tokens, seed):
    module = Dense(5, 128, [128, 128, 128, 128, 8, 128, 128, 128, 128], batch_norm=True, sigmoid=False)
    training.pytorch_initial(module, seed)
    x = torch.from_numpy(tokens)
    return training.fit(module, (x,), x, training.reconstruction_loss, seed, epochs=100, batch=256)


def main():
    data = protocol.data_folder()
    table = protocol.Table("f")
    for task in protocol.ANOMALY:
        normal, files, test, owner = protocol.anomaly_task(data, task, front_end)
        normal, test = protocol.standardized(normal, test)
        for seed in protocol.SEEDS:
            scores = training.reconstruction_scores(train(normal, seed), torch.from_numpy(test))
            table.add(task, "autoencoder", seed, *protocol.areas(files, scores, owner))
    table.write()


if __name__ == "__main__":
    main()
