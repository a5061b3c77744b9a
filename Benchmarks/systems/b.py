"""System B: a small convolutional network on 32 columns of 32 mel bands; overlapping slices vote."""

import functools

import numpy as np
import torch
from torch import nn

import frontend
import protocol
import training
from networks import ConvolutionalClassifier

# Rate, window and hop: a quarter of a second for digits, one for other sounds.
SCALES = {"classify/fsdd": (8000, 256, 64), "classify/esc10": (16000, 1024, 512)}


@functools.lru_cache(maxsize=None)
def front_end(path, rate, length, hop):
    samples, rate = frontend.sound(path, rate)
    level = frontend.decibel(frontend.mel(frontend.spectrum(samples, length, hop, center=True), rate, 32))
    cut = frontend.slices(level, 32, 2, pad=True, fill=-100)
    return np.array([frontend.minmax(token, top_db=60) for token in cut], dtype=np.float32)


class Logits(ConvolutionalClassifier):
    def forward(self, tokens):
        return self.steps(tokens.transpose(1, 2).unsqueeze(1))


def loss(module, inputs, targets):
    return nn.functional.cross_entropy(module(*inputs), targets)


def train(tokens, classes, count, seed):
    module = Logits(32, 32, 16, count)
    training.pytorch_initial(module, seed)
    return training.fit(module, (torch.from_numpy(tokens),), torch.from_numpy(classes), loss, seed, epochs=15, batch=32)


def main():
    data = protocol.data_folder()
    table = protocol.Table("b")
    for task in protocol.CLASSIFY:
        cut = functools.partial(front_end, rate=SCALES[task][0], length=SCALES[task][1], hop=SCALES[task][2])
        tokens, classes, names, files, test, owner = protocol.class_task(data, task, cut)
        tokens, test = protocol.standardized(tokens, test)
        for seed in protocol.SEEDS:
            module = train(tokens, classes, len(names), seed)
            with torch.no_grad():
                probability = torch.softmax(module(torch.from_numpy(test)), 1).numpy()
            table.add(task, "cnn", seed, *protocol.accuracies(files, probability, names, owner))
    table.write()


if __name__ == "__main__":
    main()
