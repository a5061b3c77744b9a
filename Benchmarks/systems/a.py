"""System A: a dense autoencoder on three seconds of 128 mel bands at once, its level kept."""

import functools

import torch

import frontend
import protocol
import training
from networks import Dense

HIDDEN = [128, 32, 8, 32, 128]


@functools.lru_cache(maxsize=None)
def front_end(path, hop=43, pad=True):
    samples, rate = frontend.sound(path, 48000)
    power = frontend.spectrum(samples, 2048, 1125)
    level = frontend.decibel(frontend.mel(power, rate, 128), low=-80, high=40)
    return frontend.slices(level, 128, hop, pad=pad)


def train(tokens, owner, seed, epochs=10, patience=3):
    torch.manual_seed(seed)
    module = Dense(128, 128, HIDDEN, batch_norm=False, sigmoid=True)
    training.keras_initial(module)
    x = torch.from_numpy(tokens)
    return training.fit(module, (x,), x, training.reconstruction_loss, seed, epochs=epochs, batch=16, epsilon=1e-7,
                        validation=protocol.split(owner, 0.2, seed), patience=patience)
