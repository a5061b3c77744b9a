"""Initialisation, and training with Adam. Nothing is held out, because the sets are small."""

import pathlib
import sys

import numpy as np
import torch
from torch import nn

from draws import ORDER, Draws

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Tests/Fixtures/pytorch"))

torch.set_num_threads(1)


def keras_initial(module, seed):
    """Keras' defaults: Glorot's uniform weights, biases 0, embeddings uniform in +-0.05."""
    draws = Draws(seed)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d)):
                taps = layer.weight[0, 0].numel()
                bound = (6 / (taps * (layer.weight.shape[0] + layer.weight.shape[1]))) ** 0.5
                layer.weight.copy_(torch.from_numpy(draws.uniform(layer.weight.shape, bound)))
                layer.bias.zero_()
            elif isinstance(layer, nn.Embedding):
                layer.weight.copy_(torch.from_numpy(draws.uniform(layer.weight.shape, 0.05)))


KERAS_EPSILON = 1e-7


def as_keras(optimiser, step):
    """Keras adds Adam's epsilon to the root before its bias is corrected, PyTorch after; `step` counts from 1."""
    for group in optimiser.param_groups:
        group["eps"] = KERAS_EPSILON / (1 - group["betas"][1] ** step) ** 0.5


def pytorch_initial(module, seed):
    """PyTorch's defaults: weights and biases uniform within 1 / sqrt(inputs of a unit), of an LSTM 1 / sqrt(its size)."""
    draws = Draws(seed)
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
                bound = (layer.weight.shape[1] * layer.weight[0, 0].numel()) ** -0.5
            elif isinstance(layer, nn.LSTM):
                bound = layer.hidden_size ** -0.5
            else:
                continue
            for parameter in layer.parameters():
                parameter.copy_(torch.from_numpy(draws.uniform(parameter.shape, bound)))


def fit(module, inputs, targets, loss, seed, epochs, batch, rate=1e-3, is_keras=False):
    """Trains on all rows of `inputs` (a tuple of tensors); keeps the last weights.

    loss(module, inputs, targets) is a mean over rows. With is_keras Adam is Keras', which matters where gradients are
    as small as its epsilon.
    """
    draws = Draws(seed ^ ORDER)
    optimiser = torch.optim.Adam(module.parameters(), lr=rate)
    module.train()
    step = 0
    for _ in range(epochs):
        order = torch.from_numpy(draws.permutation(len(targets)))
        for begin in range(0, len(order), batch):
            chosen = order[begin:begin + batch]
            optimiser.zero_grad()
            loss(module, tuple(x[chosen] for x in inputs), targets[chosen]).backward()
            step += 1
            if is_keras:
                as_keras(optimiser, step)
            optimiser.step()
    module.eval()
    return module


def reconstruction_loss(module, inputs, targets):
    return nn.functional.mse_loss(module(*inputs)["reconstruction"], targets)


def reconstruction_scores(module, x):
    with torch.no_grad():
        return ((module(x)["reconstruction"] - x) ** 2).mean((1, 2)).numpy().astype(np.float64)
