"""System B: a small convolutional network on 32 columns of 32 mel bands."""

import functools

import torch
from torch import nn

import frontend
import protocol
import training
from networks import ConvolutionalClassifier


@functools.lru_cache(maxsize=None)
def front_end(path, rate, length, hop, step, fmin=0.0, bands=32, low=-80, high=40):
    samples, rate = frontend.sound(path, rate)
    level = frontend.decibel(frontend.mel(frontend.spectrum(samples, length, hop), rate, bands, fmin=fmin), low=low, high=high)
    return frontend.slices(level, 32, step, pad=True)


class Logits(ConvolutionalClassifier):
    def forward(self, tokens):
        return {"logits": self.steps(tokens.transpose(1, 2).unsqueeze(1))}


def loss(module, inputs, targets):
    return nn.functional.cross_entropy(module(*inputs)["logits"], targets)


def train(tokens, classes, count, seed, epochs, batch=32, rate=1e-3, bands=32):
    torch.manual_seed(seed)
    module = Logits(32, bands, 16, count)
    return training.fit(module, (torch.from_numpy(tokens),), torch.from_numpy(classes), loss, seed, epochs=epochs,
                        batch=batch, rate=rate)


def probabilities(module, tokens):
    with torch.no_grad():
        return torch.softmax(module(torch.from_numpy(tokens))["logits"], 1).numpy()
