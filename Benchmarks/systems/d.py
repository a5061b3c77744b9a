"""System D: a convolutional autoencoder that also gets the machine; distance to the nearest embedding of that machine.

The tasks are the machines of one network.
"""

import functools

import numpy as np
import torch

import frontend
import protocol
import training
from networks import ConditionedAutoencoder


@functools.lru_cache(maxsize=None)
def front_end(path):
    samples, rate = frontend.sound(path, 16000)
    power = frontend.spectrum(samples, 2048, 512, pre_emphasis=0.97)
    power = frontend.mel(power, rate, 128, fmin=20, fmax=8000)
    return frontend.slices(frontend.decibel(power, low=-80, high=40), 128, 32, pad=True)


def train(tokens, machine, seed):
    torch.manual_seed(seed)
    module = ConditionedAutoencoder(128, 128, [32, 64, 128, 256], 32, int(machine.max()) + 1, 8)
    training.keras_initial(module, seed)
    x = torch.from_numpy(tokens)
    return training.fit(module, (x, torch.from_numpy(machine)), x, training.reconstruction_loss, seed, epochs=50,
                        batch=16, is_keras=True)


def embed(module, tokens, machine):
    with torch.no_grad():
        machines = torch.full((len(tokens),), machine)
        return module(torch.from_numpy(tokens), machines)["embedding"].numpy().astype(np.float64)


def main():
    data = protocol.data_folder()
    table = protocol.Table("d")
    tasks = [protocol.anomaly_task(data, task, front_end) for task in protocol.ANOMALY]
    tokens = np.concatenate([normal for normal, *_ in tasks])
    machine = np.concatenate([np.full(len(normal), index) for index, (normal, *_) in enumerate(tasks)])
    for seed in protocol.SEEDS:
        module = train(tokens, machine, seed)
        for index, (normal, files, test, owner) in enumerate(tasks):
            references, embeddings = embed(module, normal, index), embed(module, test, index)
            scores = np.linalg.norm(embeddings[:, None] - references[None], axis=2).min(1)
            table.add(protocol.ANOMALY[index], "embedding", seed, *protocol.areas(files, scores, owner))
    table.write()


if __name__ == "__main__":
    main()
