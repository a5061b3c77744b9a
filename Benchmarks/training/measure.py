"""Compares the cost of a training step with PyTorch's, one thread each: CPU time, alternating runs, median of ratios.

    pip install -r requirements.txt
    python measure.py [--products .build/release] [--turns 5] [--cases A,D,E] [--json]

Fails (status 1) where a step costs more than its limit. --json prints the turns of each case, in seconds a step.

A step of `auscult train` is the extra cost of more epochs; both use noise tokens of the same shape and number.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import wave

import torch
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOP, LENGTH, RATE = 512, 1024, 44100


class Dense(nn.Sequential):
    """System A."""

    def __init__(self):
        sizes = [128 * 128, 128, 32, 8, 32, 128, 128 * 128]
        steps = [step for a, b in zip(sizes, sizes[1:]) for step in (nn.Linear(a, b), nn.ReLU())]
        super().__init__(nn.Flatten(), *steps[:-1], nn.Sigmoid(), nn.Unflatten(1, (128, 128)))


class Convolutional(nn.Module):
    """System E."""

    def __init__(self):
        super().__init__()
        self.steps = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
            nn.ConvTranspose2d(16, 8, 2, stride=2), nn.ReLU(), nn.ConvTranspose2d(8, 1, 2, stride=2), nn.Sigmoid())

    def forward(self, x):
        return self.steps(x.unsqueeze(1))[:, 0, :x.shape[1], :x.shape[2]]


class Recurrent(nn.Module):
    """System E."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = nn.LSTM(128, 64, batch_first=True), nn.LSTM(64, 128, batch_first=True)
        self.narrow, self.widen = nn.Linear(64, 32), nn.Linear(32, 64)

    def forward(self, x):
        code = self.widen(self.narrow(self.encoder(x)[0][:, -1]))
        return self.decoder(code.unsqueeze(1).repeat(1, x.shape[1], 1))[0]


class Conditioned(nn.Module):
    """System D."""

    def __init__(self):
        super().__init__()
        down, up = [1, 32, 64, 128, 256], [64, 128, 64, 32, 1]
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(down, down[1:]))
        self.up = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(up, up[1:]))
        self.machine, self.embed, self.widen = nn.Embedding(1, 8), nn.Linear(264, 32), nn.Linear(32, 64 * 16 * 16)

    def forward(self, x):
        y = x.unsqueeze(1)
        for step in self.down[:-1]:
            y = F.max_pool2d(F.relu(step(y)), 2)
        y = F.relu(self.down[-1](y)).mean((2, 3))
        y = self.embed(torch.cat([y, self.machine(torch.zeros(len(x), dtype=torch.long))], 1))
        y = F.relu(self.widen(y)).reshape(-1, 64, 16, 16)
        for step in self.up[:-1]:
            y = F.relu(step(F.interpolate(y, scale_factor=2)))
        return torch.sigmoid(self.up[-1](y))[:, 0]


# name, detector, network, frames of a token, batch, batches of an epoch, extra epochs, the limit of a step's cost
CASES = [
    ("A", "detector.autoencoder, output: sigmoid", Dense, 128, 16, 30, 4, 1.0),
    ("E, convolutions", "detector.convae", Convolutional, 51, 32, 20, 4, 1.0),
    ("E, LSTM", "detector.lstmae", Recurrent, 51, 32, 20, 4, 1.0),
    ("D", "detector.embedding", Conditioned, 128, 64, 2, 1, 1.5),
]

GRAPH = """graph: steps
nodes:
  mic: {{ type: source, machines: [noise] }}
  stft: {{ type: stft, length: {length}, hop: {hop}, center: false }}
  mel: {{ type: mel, bands: 128 }}
  level: {{ type: normalize, mode: decibel, low: -80 dB, high: 0 dB }}
  slices: {{ type: slicer, length: {frames}, hop: 1 }}
  judge: {{ type: {judge}, batch: {batch}, validation: 0 %, patience: 0 }}
  log: {{ type: sink.null }}
links: mic -> stft -> mel -> level -> slices -> judge -> log
"""


def noise(path, tokens, frames):
    generator = random.Random(1)
    count = (frames + tokens - 2) * HOP + LENGTH
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes(b"".join(struct.pack("<h", generator.randint(-3000, 3000)) for _ in range(count)))


def ours(auscult, folder, epochs):
    def spent():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = spent()
    subprocess.run(
        [auscult, "train", "graph.yaml", "--manifest", "noise.csv", "--held-out", "0", "--threshold", "0", "--output",
         "model.safetensors", "--set", f"judge.epochs={epochs}"], cwd=folder, check=True, capture_output=True)
    return spent() - before


def theirs(network, optimiser, tokens, batch, epochs):
    before = time.process_time()
    for _ in range(epochs):
        for rows in torch.randperm(len(tokens)).split(batch):
            optimiser.zero_grad()
            F.mse_loss(network(tokens[rows]), tokens[rows]).backward()
            optimiser.step()
    return time.process_time() - before


def measure(auscult, turns, judge, network, frames, batch, batches, more):
    """Seconds a step, ours and PyTorch's, of each turn."""
    tokens = torch.rand(batch * batches, frames, 128)
    module = network()
    optimiser = torch.optim.Adam(module.parameters(), 1e-3)
    steps = batches * more
    with tempfile.TemporaryDirectory() as folder:
        noise(f"{folder}/noise.wav", len(tokens), frames)
        pathlib.Path(folder, "noise.csv").write_text("file,label\nnoise.wav,normal\n")
        pathlib.Path(folder, "graph.yaml").write_text(
            GRAPH.format(length=LENGTH, hop=HOP, frames=frames, judge=judge, batch=batch))
        theirs(module, optimiser, tokens[:batch], batch, 1)
        return [((ours(auscult, folder, 1 + more) - ours(auscult, folder, 1)) / steps,
                 theirs(module, optimiser, tokens, batch, more) / steps) for _ in range(turns)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=pathlib.Path, default=ROOT / ".build/release")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--cases", default="A,D,E", help="the systems")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    auscult = options.products.resolve() / "auscult"
    torch.set_num_threads(1)
    fails, cases = False, []
    for name, judge, network, frames, batch, batches, more, most in CASES:
        if name[0] not in options.cases.split(","):
            continue
        pairs = measure(auscult, options.turns, judge, network, frames, batch, batches, more)
        cases.append({"name": name, "turns": pairs, "most": most})
        mine, other = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
        fails |= mine > most * other
        if options.json:
            continue
        print(f"{name:16} {1e3 * mine:8.1f} ms a step, PyTorch {1e3 * other:8.1f} ms: {mine / other:.2f} times, at "
              f"most {most}", flush=True)
    if options.json:
        print(json.dumps({"version": torch.__version__, "cases": cases}))
        return 0
    return 1 if fails else 0


if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.exit(main())
