"""System E: four unsupervised models on overlapping slices of 0.6 s at the recordings' own rate."""

import functools

import numpy as np
import torch
from sklearn.svm import OneClassSVM
from torch import nn

import frontend
import protocol
import training
from networks import ConvolutionalAutoencoder, LSTMAutoencoder


@functools.lru_cache(maxsize=None)
def levels(path):
    samples, rate = frontend.sound(path)
    level = frontend.decibel(frontend.mel(frontend.spectrum(samples, 1024, 512), rate, 128))
    length = int(0.6 * rate / 512)
    return frontend.slices(level, length, int(0.2 * length))


def kmeans(normal, test, seed):
    _, scaled = protocol.standardized(normal, test)
    return np.linalg.norm(scaled.reshape(len(test), -1).astype(np.float64), axis=1)


def svm(normal, test, seed):
    normal, test = [x.reshape(len(x), -1) for x in protocol.standardized(normal, test)]
    return -OneClassSVM(nu=0.05, gamma="scale").fit(normal).decision_function(test)


def convae(normal, test, seed):
    """With standardised levels, without the final sigmoid: the original uses each recording's own range."""
    normal, test = protocol.standardized(normal, test)
    module = ConvolutionalAutoencoder([8, 16])
    assert isinstance(module.steps[-1], nn.Sigmoid)
    module.steps = module.steps[:-1]
    return judged(module, normal, test, seed, epochs=10)


def lstmae(normal, test, seed):
    """With levels from -80 to 40 dB mapped to 0 to 1."""
    normal, test = [np.clip((x + 80) / 120, 0, 1) for x in (normal, test)]
    return judged(LSTMAutoencoder(128, 64, 32), normal, test, seed, epochs=50)


def judged(module, normal, test, seed, epochs):
    training.pytorch_initial(module, seed)
    x = torch.from_numpy(normal)
    training.fit(module, (x,), x, training.reconstruction_loss, seed, epochs=epochs, batch=32, rate=1e-3)
    return training.reconstruction_scores(module, torch.from_numpy(test))


def main():
    data = protocol.data_folder()
    table = protocol.Table("e")
    for task in protocol.ANOMALY:
        normal, files, test, owner = protocol.anomaly_task(data, task, levels)
        for model in (kmeans, svm, convae, lstmae):
            for seed in protocol.SEEDS:
                scores = model(normal, test, seed)
                table.add(task, model.__name__, seed, *protocol.areas(files, scores, owner))
    table.write()


if __name__ == "__main__":
    main()
