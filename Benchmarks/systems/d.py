"""System D: a convolutional autoencoder that is told the machine; the distance to the nearest embedding of its own.

All tasks are machines of one network.
"""

import functools

import numpy as np
import torch
from torch import nn

import frontend
import protocol
import training
from networks import ConditionedAutoencoder


@functools.lru_cache(maxsize=None)
def front_end(path, per_slice=False, hop=32):
    samples, rate = frontend.sound(path, 16000)
    power = frontend.spectrum(samples, 2048, 512, pre_emphasis=0.97)
    power = frontend.mel(power, rate, 128, fmin=20, fmax=8000)
    if per_slice:
        cut = frontend.slices(frontend.decibel(power), 128, hop, pad=True, fill=-100)
        return np.array([frontend.minmax(token) for token in cut], dtype=np.float32)
    return frontend.slices(frontend.decibel(power, low=-80, high=40), 128, hop, pad=True)


def train(tokens, machine, owner, seed, epochs=50, patience=5, share=0.1):
    torch.manual_seed(seed)
    module = ConditionedAutoencoder(128, 128, [32, 64, 128, 256], 32, int(machine.max()) + 1, 8)
    training.keras_initial(module)
    x = torch.from_numpy(tokens)
    return training.fit(module, (x, torch.from_numpy(machine)), x, training.reconstruction_loss, seed, epochs=epochs,
                        batch=64, epsilon=1e-7, validation=protocol.split(owner, share, seed) if patience else None,
                        patience=patience)


def embed(module, tokens, machine):
    with torch.no_grad():
        return module(torch.from_numpy(tokens), torch.from_numpy(machine))["embedding"].numpy().astype(np.float64)


def distances(references, embeddings):
    return np.linalg.norm(embeddings[:, None] - references[None], axis=2).min(1)
