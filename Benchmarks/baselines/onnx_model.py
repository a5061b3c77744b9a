"""Writes a network of `auscult train` for ONNX Runtime, or as raw floats for bare.c: the same function.

    onnx_model.py MODEL.safetensors MODEL.onnx [--rows 51]       detector.autoencoder, detector.convae, detector.lstmae
    onnx_model.py MODEL.safetensors MODEL.f32 --raw              detector.autoencoder

The ONNX model takes scaled tokens [tokens x rows x bands] as `x` and gives their reconstruction `y`. Raw: means and
factors of the values, then of each dense layer its weights [outputs x inputs] and biases, as 32-bit floats.
"""

import argparse
import json
import pathlib
import re

import numpy as np

KINDS = {"F32": np.float32, "F64": np.float64}


def read(path, machine=0):
    """The structure of a model's network, if it has one, and the arrays of one machine."""
    content = pathlib.Path(path).read_bytes()
    size = int.from_bytes(content[:8], "little")
    head = json.loads(content[8:8 + size])
    structure, arrays = head.pop("__metadata__").get("detector.network", ""), {}
    for name, facts in head.items():
        begin, end = (8 + size + offset for offset in facts["data_offsets"])
        values = np.frombuffer(content[begin:end], KINDS[facts["dtype"]]).reshape(facts["shape"])
        owner, _, short = name.partition(".")
        if owner == str(machine):
            arrays[short] = values
    return structure, arrays


def scaling(arrays):
    """A scaled value is (value - mean) * factor."""
    return arrays["scale_mean"].astype(np.float32), arrays["scale_factor"].astype(np.float32)


class Builder:
    """Collects an ONNX graph whose steps follow one another."""

    def __init__(self, arrays):
        from onnx import helper, numpy_helper  # only where it is needed
        self.helper, self.numpy_helper = helper, numpy_helper
        self.arrays, self.nodes, self.constants, self.last = arrays, [], [], "x"

    def parameter(self, layer, name):
        return np.ascontiguousarray(self.arrays[f"layer_{layer}_{name}"])

    def constant(self, values):
        name = f"constant{len(self.constants)}"
        self.constants.append(self.numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, kind, *constants, outputs=1, result=0, **attributes):
        """A step on the last result; its constants follow as inputs, None for one that is left out."""
        names = [f"{kind}{len(self.nodes)}_{index}" for index in range(outputs)]
        inputs = [self.last] + ["" if each is None else self.constant(each) for each in constants]
        self.nodes.append(self.helper.make_node(kind, inputs, names, **attributes))
        self.last = names[result]

    def save(self, path, shape):
        from onnx import TensorProto, checker, save
        self.nodes[-1].output[list(self.nodes[-1].output).index(self.last)] = "y"
        ends = [self.helper.make_tensor_value_info(name, TensorProto.FLOAT, ["tokens", *shape]) for name in ("x", "y")]
        graph = self.helper.make_graph(self.nodes, "auscult", ends[:1], ends[1:], self.constants)
        model = self.helper.make_model(graph, opset_imports=[self.helper.make_opsetid("", 17)], ir_version=8)
        checker.check_model(model, full_check=True)
        save(model, path)


def dense(build, sizes, ending, shape):
    build.add("Reshape", np.array([-1, shape[0] * shape[1]], np.int64))
    for layer in range(len(sizes) + 1):
        build.add("Gemm", build.parameter(layer, "weight"), build.parameter(layer, "bias"), transB=1)
        if layer < len(sizes):
            build.add("Relu")
    if ending == "sigmoid":
        build.add("Sigmoid")
    build.add("Reshape", np.array([-1, *shape], np.int64))


def convolutions(build, sizes, ending, shape):
    rows, bands = shape
    build.add("Transpose", perm=[0, 2, 1])
    build.add("Unsqueeze", np.array([1], np.int64))
    for layer in range(len(sizes)):
        build.add("Conv", build.parameter(layer, "weight"), build.parameter(layer, "bias"), pads=[1, 1, 1, 1])
        build.add("Relu")
        build.add("MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    for layer in range(len(sizes), 2 * len(sizes)):
        build.add("ConvTranspose", build.parameter(layer, "weight"), build.parameter(layer, "bias"), strides=[2, 2])
        if layer + 1 < 2 * len(sizes):
            build.add("Relu")
    begin, end, axes = (np.array(each, np.int64) for each in ([0, 0], [bands, rows], [2, 3]))
    build.add("Slice", begin, end, axes)
    if ending == "sigmoid":
        build.add("Sigmoid")
    build.add("Squeeze", np.array([1], np.int64))
    build.add("Transpose", perm=[0, 2, 1])


def lstm(build, layer, size, result):
    """Auscult's gates are in the order input, forget, cell, output; ONNX' in the order input, output, forget, cell."""
    def gates(name):
        parts = np.split(build.parameter(layer, name), 4)
        return np.concatenate([parts[index] for index in (0, 3, 1, 2)])[None]
    biases = np.concatenate([gates("input_bias"), gates("hidden_bias")], axis=1)
    build.add("LSTM", gates("input_weight"), gates("hidden_weight"), biases, outputs=2, result=result, hidden_size=size)


def recurrent(build, hidden, shape):
    rows, bands = shape
    build.add("Transpose", perm=[1, 0, 2])
    lstm(build, 0, hidden, result=1)
    build.add("Squeeze", np.array([0], np.int64))
    for layer in (1, 2):
        build.add("Gemm", build.parameter(layer, "weight"), build.parameter(layer, "bias"), transB=1)
    build.add("Unsqueeze", np.array([0], np.int64))
    build.add("Tile", np.array([rows, 1, 1], np.int64))
    lstm(build, 3, bands, result=0)
    build.add("Squeeze", np.array([1], np.int64))
    build.add("Transpose", perm=[1, 0, 2])


def export(model, path, rows):
    structure, arrays = read(model)
    shape = (rows, len(arrays["scale_mean"]) // rows)
    sizes = [int(number) for number in re.findall(r"\d+", structure)]
    build = Builder(arrays)
    if structure.startswith("lstm"):
        recurrent(build, sizes[0], shape)
    else:
        make = dense if structure.startswith("dense") else convolutions
        make(build, sizes, structure.rsplit(" ", 1)[1], shape)
    build.save(path, shape)


def export_raw(model, path):
    structure, arrays = read(model)
    if not re.fullmatch(r"dense[\d ]+linear", structure):
        raise SystemExit(f"{model}: --raw takes dense layers only, not {structure}")
    layers = len(re.findall(r"\d+", structure)) + 1
    parts = list(scaling(arrays))
    for layer in range(layers):
        parts += [arrays[f"layer_{layer}_weight"].ravel(), arrays[f"layer_{layer}_bias"]]
    np.concatenate(parts).astype(np.float32).tofile(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("output")
    parser.add_argument("--rows", type=int, default=1, help="analysis frames of a token")
    parser.add_argument("--raw", action="store_true")
    options = parser.parse_args()
    if options.raw:
        export_raw(options.model, options.output)
    else:
        export(options.model, options.output, options.rows)


if __name__ == "__main__":
    main()
