"""System E: four unsupervised models on overlapping slices of 0.6 s at the recordings' own rate."""

import functools

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

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


def unit(path):
    """Levels from -80 to 40 dB as 0 to 1, for the networks; the originals take each recording's own range."""
    return np.clip((levels(path) + 80) / 120, 0, 1).astype(np.float32)


def kmeans(tokens, test):
    scaler = StandardScaler().fit(tokens.reshape(len(tokens), -1))
    return np.linalg.norm(scaler.transform(test.reshape(len(test), -1)), axis=1)


def svm(tokens, test):
    scaler = StandardScaler().fit(tokens.reshape(len(tokens), -1))
    model = OneClassSVM(nu=0.05, gamma="scale").fit(scaler.transform(tokens.reshape(len(tokens), -1)))
    return -model.decision_function(scaler.transform(test.reshape(len(test), -1)))


def network(make, seed, tokens, epochs, rate, batch=32):
    torch.manual_seed(seed)
    x = torch.from_numpy(tokens)
    return training.fit(make(), (x,), x, training.reconstruction_loss, seed, epochs=epochs, batch=batch, rate=rate)
