"""Whole networks while they are trained: a few epochs of a few steps with Adam, all float64.

Every file has `tokens` [count x frames x bands], with them `machine` or `class` [count] where the network takes them;
`before_<name>` and `after_<name>` for each of the network's tensors (see networks.py for the names), and `losses`
[steps], each taken before its step. The tokens are taken in their order, BATCH at a time, EPOCHS times. Adam is
PyTorch's with its defaults, or where `is_keras` is 1 Keras': it adds its epsilon, 1e-7, before the root's bias is
corrected.
"""

import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file
from torch.nn import functional as F

import networks

FOLDER = pathlib.Path(__file__).parent / "steps"
EPOCHS = 3
BATCH = 4


def reconstruction(module, tokens, inputs):
    return F.mse_loss(module(tokens, **inputs)["reconstruction"], tokens)


def classification(module, tokens, inputs):
    return F.cross_entropy(module.steps(tokens.transpose(1, 2).unsqueeze(1)), inputs["class"].long())


def train(name, module, tokens, loss=reconstruction, is_keras=False, **inputs):
    saved = {"tokens": tokens, "is_keras": torch.tensor([float(is_keras)])} | inputs
    saved |= {f"before_{key}": value.clone() for key, value in networks.parameters(module).items()}
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-3)
    module.train()
    losses = []
    for _ in range(EPOCHS):
        for begin in range(0, len(tokens), BATCH):
            part = slice(begin, begin + BATCH)
            optimiser.zero_grad()
            value = loss(module, tokens[part], {key: value[part] for key, value in inputs.items()})
            value.backward()
            losses.append(value.item())
            if is_keras:
                optimiser.param_groups[0]["eps"] = 1e-7 / (1 - 0.999 ** len(losses)) ** 0.5
            optimiser.step()
    saved |= {f"after_{key}": value for key, value in networks.parameters(module).items()}
    saved["losses"] = torch.tensor(losses)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.safetensors"
    save_file({key: np.ascontiguousarray(value.detach().numpy(), dtype=np.float64) for key, value in saved.items()}, path)
    path.chmod(0o644)


def make():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(22)
    train("autoencoder", networks.Dense(3, 8, [10, 3, 10], batch_norm=False, sigmoid=True), torch.rand(11, 3, 8),
          is_keras=True)
    train("autoencoder_norm", networks.Dense(3, 8, [10, 3, 10], batch_norm=True, sigmoid=False),
          10 * torch.randn(11, 3, 8) - 40)
    train("convae", networks.ConvolutionalAutoencoder([3, 5]), torch.rand(11, 7, 10))
    train("lstmae", networks.LSTMAutoencoder(6, 5, 3), torch.rand(11, 4, 6))
    train("embedding", networks.ConditionedAutoencoder(8, 16, [2, 3, 4, 5], 3, 3, 2), torch.rand(11, 8, 16),
          is_keras=True, machine=torch.tensor([0, 2, 1, 2, 0, 1, 1, 0, 2, 0, 2]))
    train("cnn", networks.ConvolutionalClassifier(6, 8, 3, 4), torch.randn(11, 6, 8), classification,
          **{"class": torch.tensor([0.0, 3, 1, 2, 2, 0, 1, 3, 0, 2, 1])})
    torch.set_default_dtype(torch.float32)
