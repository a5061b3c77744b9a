"""Makes the files in this folder: results of PyTorch's and Keras' layers, losses, optimisers and whole networks.

    pip install -r requirements.txt
    python make.py

layers/<case>.safetensors: one layer, loss or optimiser, everything float64 (see layers.py).
networks/<name>.safetensors: the weights of a network by the names that a model file has; <name>.tokens.safetensors:
tokens, and what the network makes of them, float32 (see networks.py).
steps/<name>.safetensors: a network before and after some steps of training, float64 (see steps.py).
The same versions on the same kind of processor give the same bytes.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import torch

import layers
import networks
import steps

if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    layers.make()
    networks.make()
    steps.make()
