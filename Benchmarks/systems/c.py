"""System C: mean spectra, by a perceptron (in decibel, standardised) or by Gaussian naive Bayes (unscaled)."""

import functools

import numpy as np
import torch
from sklearn.naive_bayes import GaussianNB
from torch import nn

import frontend
import protocol
import training
from networks import Perceptron


@functools.lru_cache(maxsize=None)
def front_end(path):
    """Means over a second each; the last one is padded [count x 1 x 513]."""
    samples, rate = frontend.sound(path)
    power = frontend.spectrum(samples, 1024, 512, center=True)
    length = int(rate / 512)
    return frontend.slices(power, length, length, pad=True).mean(1, keepdims=True)


def loss(module, inputs, targets):
    """Keras' binary cross-entropy of one-hot targets."""
    p = module(*inputs)["probability"].clamp(1e-7, 1 - 1e-7)
    return -(targets * p.log() + (1 - targets) * (1 - p).log()).mean()


def mlp(tokens, classes, count, test, seed):
    tokens, test = protocol.standardized(*[frontend.decibel(x) for x in (tokens, test)])
    torch.manual_seed(seed)
    module = Perceptron(tokens.shape[2], 16, count)
    training.keras_initial(module, seed)
    targets = nn.functional.one_hot(torch.from_numpy(classes), count).float()
    training.fit(module, (torch.from_numpy(tokens),), targets, loss, seed, epochs=200, batch=25, is_keras=True)
    with torch.no_grad():
        return module(torch.from_numpy(test))["probability"].numpy()


def bayes(tokens, classes, count, test, seed):
    model = GaussianNB(var_smoothing=1e-19).fit(tokens[:, 0].astype(np.float64), classes)
    return model.predict_proba(test[:, 0].astype(np.float64))


def main():
    data = protocol.data_folder()
    table = protocol.Table("c")
    for task in protocol.CLASSIFY:
        tokens, classes, names, files, test, owner = protocol.class_task(data, task, front_end)
        for model in (mlp, bayes):
            for seed in protocol.SEEDS:
                probability = model(tokens, classes, len(names), test, seed)
                table.add(task, model.__name__, seed, *protocol.accuracies(files, probability, names, owner))
    table.write()


if __name__ == "__main__":
    main()
