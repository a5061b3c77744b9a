"""Whole networks, small: weights as a model file names them, tokens, and what comes out.

A layer that has parameters is layer_<n>, n counting these alone from 0 in the order of the computation:
layer_<n>_weight and _bias (dense [out x in], convolution [out x in x 3 x 3], transposed convolution [in x out x 2 x
2]); batch norm _weight, _bias, _mean and _variance; LSTM _input_weight [4 hidden x in], _hidden_weight [4 hidden x
hidden], _input_bias and _hidden_bias, its gates in the order input, forget, cell, output; embedding _weight [machines x
size].

Tokens are [count x frames x bands]. An image is [bands x frames], one channel; what is dense takes a token row after
row. `reconstruction` is shaped as `tokens`, `score` [count] the mean of the squared differences; classifiers have
`probability` [count x classes]; the conditioned encoder has `machine`, `embedding` [count x size], `reconstruction` and
`references_<machine>` [references x size], its `score` being the least Euclidean distance to those of the machine.
"""

import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as F

FOLDER = pathlib.Path(__file__).parent / "networks"


class Dense(nn.Module):
    """System A (sigmoid, no batch norm) and system F (linear, batch norm before every ReLU)."""

    def __init__(self, frames, bands, hidden, batch_norm, sigmoid):
        super().__init__()
        sizes = [frames * bands, *hidden, frames * bands]
        self.steps = nn.ModuleList()
        for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            self.steps.append(nn.Linear(inputs, outputs))
            if index < len(hidden):
                if batch_norm:
                    self.steps.append(nn.BatchNorm1d(outputs, eps=1e-3, momentum=0.01))
                self.steps.append(nn.ReLU())
        if sigmoid:
            self.steps.append(nn.Sigmoid())

    def forward(self, tokens):
        x = tokens.flatten(1)
        for step in self.steps:
            x = step(x)
        return {"reconstruction": x.reshape(tokens.shape)}


class ConvolutionalAutoencoder(nn.Module):
    """System E. What the ceiling of the pools adds is cut off at the end."""

    def __init__(self, channels):
        super().__init__()
        first, second = channels
        self.steps = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(first, second, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
            nn.ConvTranspose2d(second, first, 2, stride=2), nn.ReLU(),
            nn.ConvTranspose2d(first, 1, 2, stride=2), nn.Sigmoid())

    def forward(self, tokens):
        image = tokens.transpose(1, 2).unsqueeze(1)
        y = self.steps(image)[:, 0, :image.shape[2], :image.shape[3]]
        return {"reconstruction": y.transpose(1, 2)}


class LSTMAutoencoder(nn.Module):
    """System E: the last step is the code's source; the code, widened again, is every step's input of the decoder."""

    def __init__(self, bands, hidden, code):
        super().__init__()
        self.encoder = nn.LSTM(bands, hidden, batch_first=True)
        self.narrow = nn.Linear(hidden, code)
        self.widen = nn.Linear(code, hidden)
        self.decoder = nn.LSTM(hidden, bands, batch_first=True)

    def forward(self, tokens):
        last = self.encoder(tokens)[0][:, -1]
        x = self.widen(self.narrow(last)).unsqueeze(1).expand(-1, tokens.shape[1], -1)
        return {"reconstruction": self.decoder(x)[0]}


class ConditionedAutoencoder(nn.Module):
    """System D. The decoder starts from an eighth of the image, with the second of the encoder's channel counts."""

    def __init__(self, frames, bands, channels, size, machines, machine_size):
        super().__init__()
        first, second, third, last = channels
        self.encoder = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, padding=1) for inputs, outputs in zip([1, *channels], channels))
        self.machine = nn.Embedding(machines, machine_size)
        self.embed = nn.Linear(last + machine_size, size)
        self.start = (second, bands // 8, frames // 8)
        self.widen = nn.Linear(size, second * (bands // 8) * (frames // 8))
        self.decoder = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, padding=1)
            for inputs, outputs in zip([second, third, second, first], [third, second, first, 1]))

    def forward(self, tokens, machine):
        x = tokens.transpose(1, 2).unsqueeze(1)
        for step in self.encoder[:-1]:
            x = F.max_pool2d(F.relu(step(x)), 2)
        x = F.relu(self.encoder[-1](x)).mean((2, 3))
        embedding = self.embed(torch.cat([x, self.machine(machine)], 1))
        y = F.relu(self.widen(embedding)).reshape(-1, *self.start)
        for step in self.decoder[:-1]:
            y = F.relu(step(F.interpolate(y, scale_factor=2, mode="nearest")))
        y = torch.sigmoid(self.decoder[-1](y))
        return {"embedding": embedding, "reconstruction": y[:, 0].transpose(1, 2)}


class ConvolutionalClassifier(nn.Module):
    """System B. The last layer takes channel after channel, each [bands x frames]."""

    def __init__(self, frames, bands, channels, classes):
        super().__init__()
        self.steps = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(channels * (frames // 2) * (bands // 2), classes))

    def forward(self, tokens):
        return {"probability": torch.softmax(self.steps(tokens.transpose(1, 2).unsqueeze(1)), 1)}


class Perceptron(nn.Module):
    """System C."""

    def __init__(self, values, hidden, classes):
        super().__init__()
        self.steps = nn.Sequential(
            nn.Flatten(), nn.Linear(values, hidden), nn.ReLU(), nn.Dropout(0.3), nn.Linear(hidden, classes))

    def forward(self, tokens):
        return {"probability": torch.softmax(self.steps(tokens), 1)}


def parameters(module):
    """The tensors by their names in a model file."""
    tensors = {}
    layers = [m for m in module.modules() if isinstance(m, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d, nn.Embedding,
                                                            nn.LSTM, nn.BatchNorm1d, nn.BatchNorm2d))]
    names = {"weight_ih_l0": "input_weight", "weight_hh_l0": "hidden_weight", "bias_ih_l0": "input_bias",
             "bias_hh_l0": "hidden_bias", "running_mean": "mean", "running_var": "variance"}
    for index, layer in enumerate(layers):
        for key, value in layer.state_dict().items():
            if key != "num_batches_tracked":
                tensors[f"layer_{index}_{names.get(key, key)}"] = value
    return tensors


def save(path, tensors):
    FOLDER.mkdir(exist_ok=True)
    save_file({key: np.ascontiguousarray(value.detach().numpy(), dtype=np.float32) for key, value in tensors.items()},
              FOLDER / path)
    (FOLDER / path).chmod(0o644)


def network(name, module, tokens, **inputs):
    for layer in module.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            layer.running_mean.copy_(0.3 * torch.randn(layer.num_features))
            layer.running_var.copy_(0.2 + torch.rand(layer.num_features))
            with torch.no_grad():
                layer.weight.copy_(1 + 0.3 * torch.randn(layer.num_features))
                layer.bias.copy_(0.3 * torch.randn(layer.num_features))
    module.eval()
    with torch.no_grad():
        outputs = module(tokens, **inputs)
    if "embedding" in outputs:
        outputs |= nearest(outputs["embedding"], inputs["machine"])
    elif "reconstruction" in outputs:
        outputs["score"] = ((outputs["reconstruction"] - tokens) ** 2).mean((1, 2))
    save(f"{name}.safetensors", parameters(module))
    save(f"{name}.tokens.safetensors", {"tokens": tokens, **inputs, **outputs})


def nearest(embedding, machine):
    """References of each machine, near its embeddings, and the distances to the nearest of them."""
    result = {}
    score = torch.zeros(len(machine))
    for number in machine.unique().tolist():
        mine = machine == number
        references = embedding[mine].repeat(2, 1) + 0.3 * torch.randn(2 * int(mine.sum()), embedding.shape[1])
        result[f"references_{number}"] = references
        score[mine] = torch.cdist(embedding[mine].double(), references.double()).min(1).values.float()
    return result | {"score": score}


def make():
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(21)
    network("autoencoder", Dense(6, 8, [20, 6, 3, 6, 20], batch_norm=False, sigmoid=True), torch.rand(3, 6, 8))
    network("autoencoder_norm", Dense(5, 16, [12, 12, 12, 12, 4, 12, 12, 12, 12], batch_norm=True, sigmoid=False),
            10 * torch.randn(3, 5, 16) - 40)
    network("convae", ConvolutionalAutoencoder([3, 5]), torch.rand(3, 13, 10))
    network("lstmae", LSTMAutoencoder(10, 7, 4), torch.rand(3, 9, 10))
    network("embedding", ConditionedAutoencoder(16, 24, [4, 8, 16, 32], 6, 3, 8), torch.rand(5, 16, 24),
            machine=torch.tensor([0, 2, 1, 2, 0]))
    network("cnn", ConvolutionalClassifier(8, 10, 5, 4), torch.randn(3, 8, 10))
    network("mlp", Perceptron(20, 7, 3), torch.rand(3, 1, 20))
