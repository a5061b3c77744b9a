"""Seeded initialisation, Adam, and early stopping with best weights."""

import copy
import pathlib
import sys

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Tests/Fixtures/pytorch"))

torch.set_num_threads(1)


def keras_initial(module):
    """Keras' defaults: Glorot's uniform weights, biases 0, embeddings uniform in +-0.05."""
    for layer in module.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Embedding):
            nn.init.uniform_(layer.weight, -0.05, 0.05)


def fit(module, inputs, targets, loss, seed, epochs, batch, rate=1e-3, epsilon=1e-8, validation=None, patience=0):
    """Trains on the rows of `inputs` (a tuple of tensors) that are not for validation.

    loss(module, inputs, targets) is a mean over rows. With a patience, training ends after so many epochs without a
    lesser validation loss, and the best weights come back; else it takes all epochs and the last weights.
    """
    generator = torch.Generator().manual_seed(seed)
    held = torch.zeros(len(targets), dtype=torch.bool) if validation is None else torch.as_tensor(validation)
    rows = torch.nonzero(~held).flatten()
    optimiser = torch.optim.Adam(module.parameters(), lr=rate, eps=epsilon)
    best, best_weights, worse = np.inf, None, 0
    for epoch in range(epochs):
        module.train()
        order = rows[torch.randperm(len(rows), generator=generator)]
        for begin in range(0, len(order), batch):
            chosen = order[begin:begin + batch]
            optimiser.zero_grad()
            loss(module, tuple(x[chosen] for x in inputs), targets[chosen]).backward()
            optimiser.step()
        if not patience:
            continue
        module.eval()
        with torch.no_grad():
            value = float(loss(module, tuple(x[held] for x in inputs), targets[held]))
        if value < best:
            best, best_weights, worse = value, copy.deepcopy(module.state_dict()), 0
        else:
            worse += 1
            if worse >= patience:
                break
    if best_weights:
        module.load_state_dict(best_weights)
    module.eval()
    return module


def reconstruction_loss(module, inputs, targets):
    return nn.functional.mse_loss(module(*inputs)["reconstruction"], targets)


def reconstruction_scores(module, x):
    with torch.no_grad():
        return ((module(x)["reconstruction"] - x) ** 2).mean((1, 2)).numpy().astype(np.float64)
