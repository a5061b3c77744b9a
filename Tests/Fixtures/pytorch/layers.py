"""One file for each layer, loss and optimiser: what goes in, what comes out, and the gradients, all float64.

Every file has `input` and `output`; those of layers have `grad_output`, `grad_input` and a `grad_<parameter>` for each
parameter: the gradients of sum(output * grad_output). Images are [batch x channels x rows x columns], sequences [batch
x steps x values]. Single numbers (epsilon, momentum, rate) are tensors of one value. Losses have `target`, `loss` and
`grad_input`, the loss being a mean. Optimisers have `parameter`, `gradient_<step>` and `parameter_<step>`, step from 1.
"""

import pathlib

import keras
import numpy as np
import torch
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as F

FOLDER = pathlib.Path(__file__).parent / "layers"


def save(name, **tensors):
    FOLDER.mkdir(exist_ok=True)
    arrays = {}
    for key, value in tensors.items():
        value = value.detach().numpy() if isinstance(value, torch.Tensor) else value
        arrays[key] = np.ascontiguousarray(value, dtype=np.float64)
    path = FOLDER / f"{name}.safetensors"
    save_file(arrays, path)
    path.chmod(0o644)


def random(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def layer(name, function, x, parameters=None, **others):
    """Saves a function of an input and of parameters, and its gradients for a random gradient of the output."""
    parameters = {key: value.detach().requires_grad_() for key, value in (parameters or {}).items()}
    x = x.detach().requires_grad_()
    output = function(x, **parameters)
    upstream = random(*output.shape)
    gradients = torch.autograd.grad(output, [x, *parameters.values()], upstream)
    named = {f"grad_{key}": value for key, value in zip(["input", *parameters], gradients)}
    save(name, input=x, output=output, grad_output=upstream, **parameters, **named, **others)


def simple():
    layer("dense", F.linear, random(5, 7), {"weight": random(3, 7), "bias": random(3)})
    layer("conv2d", lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1), random(2, 3, 7, 9),
          {"weight": random(5, 3, 3, 3), "bias": random(5)})
    layer("conv2d_one_channel", lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1), random(3, 1, 5, 6),
          {"weight": random(6, 1, 3, 3), "bias": random(6)})
    layer("conv2d_one_pixel", lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1), random(2, 2, 1, 3),
          {"weight": random(3, 2, 3, 3), "bias": random(3)})
    layer("conv_transpose2d", lambda x, weight, bias: F.conv_transpose2d(x, weight, bias, stride=2),
          random(3, 5, 3, 4), {"weight": random(5, 3, 2, 2), "bias": random(3)})
    layer("max_pool_floor", lambda x: F.max_pool2d(x, 2), random(2, 3, 7, 9))
    layer("max_pool_ceil", lambda x: F.max_pool2d(x, 2, ceil_mode=True), random(2, 3, 7, 9))
    layer("max_pool_even", lambda x: F.max_pool2d(x, 2), random(2, 3, 6, 4))
    # Equal values: the first of them, row by row, takes the gradient.
    layer("max_pool_ties", lambda x: F.max_pool2d(x, 2), random(1, 2, 6, 4).clamp(-0.3, 0.3))
    layer("upsample", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), random(2, 3, 3, 5))
    layer("global_average_pool", lambda x: x.mean((2, 3)), random(3, 5, 4, 7))
    layer("relu", F.relu, random(3, 11))
    layer("sigmoid", torch.sigmoid, torch.cat([random(3, 11), torch.tensor([[-800.0, 800.0] + 9 * [0.0]])]))
    layer("softmax", lambda x: torch.softmax(x, 1), torch.cat([random(3, 5), 1000 * random(1, 5)]))


def strided():
    torch.manual_seed(21)

    def convolve(x, weight, bias):
        return F.conv2d(x, weight, bias, stride=2, padding=1)

    layer("strided_conv2d", convolve, random(2, 3, 7, 9), {"weight": random(5, 3, 3, 3), "bias": random(5)})
    layer("strided_conv2d_even", convolve, random(2, 2, 6, 4), {"weight": random(3, 2, 3, 3), "bias": random(3)})
    layer("strided_conv2d_one_pixel", convolve, random(2, 2, 1, 2), {"weight": random(3, 2, 3, 3), "bias": random(3)})


def embedding():
    weight = random(4, 3).requires_grad_()
    index = torch.tensor([2, 0, 2, 3, 2])
    output = F.embedding(index, weight)
    upstream = random(5, 3)
    gradient, = torch.autograd.grad(output, weight, upstream)
    save("embedding", input=index, weight=weight, output=output, grad_output=upstream, grad_weight=gradient)


def batch_norm(name, shape, source, momentum, epsilon):
    """`momentum` is the share of the batch in the new running statistics, for Keras too (there it is 0.01)."""
    channels = shape[1]
    state = {"mean": random(channels), "variance": random(channels).abs() + 0.2}
    parameters = {"weight": random(channels), "bias": random(channels)}
    numbers = {"momentum": [momentum], "epsilon": [epsilon]}
    x = 2 * random(*shape) + 1
    if source == "keras":
        train, new_mean, new_variance = keras_batch_norm(x, state, momentum, epsilon)
    else:
        new_mean, new_variance = state["mean"].clone(), state["variance"].clone()
        F.batch_norm(x, new_mean, new_variance, training=True, momentum=momentum, eps=epsilon)
        train = lambda x, weight, bias: F.batch_norm(x, None, None, weight, bias, training=True, eps=epsilon)
    layer(f"{name}_training", train, x, parameters, **state, **numbers, new_mean=new_mean,
          new_variance=new_variance)
    layer(f"{name}_inference", lambda x, weight, bias: F.batch_norm(
        x, state["mean"], state["variance"], weight, bias, eps=epsilon), x, parameters, **state, **numbers)


def keras_batch_norm(x, state, momentum, epsilon):
    """Keras' layer, which puts the batch's biased variance into the running one, where PyTorch puts the unbiased."""
    axis = 1 if x.ndim > 2 else -1
    node = keras.layers.BatchNormalization(axis=axis, momentum=1 - momentum, epsilon=epsilon, dtype="float64")
    node.build(tuple(x.shape))
    node.moving_mean.assign(state["mean"])
    node.moving_variance.assign(state["variance"])
    node(x, training=True)
    after = node.moving_mean.numpy(), node.moving_variance.numpy()

    def train(x, weight, bias):
        output, _ = node.stateless_call([weight, bias], [state["mean"], state["variance"]], x, training=True)
        return output

    return train, *after


def lstm():
    steps, values, hidden = 6, 5, 3
    module = nn.LSTM(values, hidden, batch_first=True).double()
    parameters = {"input_weight": random(4 * hidden, values), "hidden_weight": random(4 * hidden, hidden),
                  "input_bias": random(4 * hidden), "hidden_bias": random(4 * hidden)}
    names = {"input_weight": "weight_ih_l0", "hidden_weight": "weight_hh_l0", "input_bias": "bias_ih_l0",
             "hidden_bias": "bias_hh_l0"}

    def whole(x, **parameters):
        named = {names[key]: value for key, value in parameters.items()}
        return torch.func.functional_call(module, named, (x,))[0]

    x = random(3, steps, values)
    layer("lstm", whole, x, parameters)
    layer("lstm_last", lambda x, **p: whole(x, **p)[:, -1], x, parameters)
    layer("lstm_one_step", whole, random(2, 1, values), parameters)


def loss(name, function, x, target):
    x = x.detach().requires_grad_()
    value = function(x, target)
    gradient, = torch.autograd.grad(value, x)
    save(f"loss_{name}", input=x, target=target, loss=value.reshape(1), grad_input=gradient)


def losses():
    loss("mse", F.mse_loss, random(4, 6), random(4, 6))
    loss("bce", F.binary_cross_entropy, torch.sigmoid(random(4, 6)), torch.rand(4, 6, dtype=torch.float64))
    # A class for each row, as a number; the input is what softmax would get.
    loss("cross_entropy", lambda x, y: F.cross_entropy(x, y.long()), 3 * random(5, 4), torch.tensor([0, 3, 1, 1, 2]))
    # Keras' binary_crossentropy of one-hot targets on softmax's output, through it: `input` is what softmax gets. The
    # last two rows are certain, one rightly and one wrongly: their probabilities are clipped at 1e-7, with no gradient.
    one_hot = F.one_hot(torch.tensor([0, 2, 1, 1, 2]), 3).double()
    x = torch.cat([2 * random(3, 3), torch.tensor([[-20.0, 20.0, -20.0], [40.0, 0.0, 0.0]])])
    loss("bce_softmax", lambda x, y: keras.losses.BinaryCrossentropy(dtype="float64")(y, torch.softmax(x, 1)),
         x, one_hot)


def adam():
    start = random(2, 3)
    # Small ones first, where the epsilon shows.
    gradients = [torch.tensor([[1e-7], [1.0]]) * random(2, 3), 1e-9 * random(2, 3), 10 * random(2, 3)]
    for name, rate in (("pytorch", 1e-3), ("keras", 1e-2)):
        saved = {"parameter": start, "rate": [rate]}
        if name == "pytorch":
            parameter = start.clone().requires_grad_()
            optimiser = torch.optim.Adam([parameter], lr=rate)
        else:
            variable = keras.Variable(start.numpy(), dtype="float64")
            optimiser = keras.optimizers.Adam(rate)
            parameter = variable.value
        for step, gradient in enumerate(gradients, 1):
            if name == "pytorch":
                parameter.grad = gradient.clone()
                optimiser.step()
            else:
                optimiser.apply([gradient.clone()], [variable])
                parameter = variable.value
            saved[f"gradient_{step}"] = gradient
            saved[f"parameter_{step}"] = parameter.detach().clone()
        save(f"adam_{name}", **saved)


def make():
    torch.manual_seed(20)
    keras.config.set_floatx("float64")
    simple()
    embedding()
    batch_norm("batch_norm", (7, 5), "pytorch", 0.1, 1e-5)
    batch_norm("batch_norm_image", (3, 5, 4, 3), "pytorch", 0.1, 1e-5)
    batch_norm("batch_norm_keras", (7, 5), "keras", 0.01, 1e-3)
    batch_norm("batch_norm_image_keras", (3, 5, 4, 3), "keras", 0.01, 1e-3)
    lstm()
    losses()
    adam()
    strided()
