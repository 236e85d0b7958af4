"""An ONNX graph in the making: nodes and constants are added one by one, and a value is known by its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

#: The version of ONNX's own operators: 17 brought layer normalisation.
OPSET = 17
IR_VERSION = 9
#: What a shape says of a dimension that is told only when a step is run.
Shape = Sequence[int | str]


class Graph:
    """Nodes in the order they are run."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self._opsets = {"": OPSET}

    def constant(self, value: ArrayLike, dtype: Any = np.float32) -> str:
        """An array that never changes, such as weights."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype, order="C"), name))
        return name

    def op(self, kind: str, *inputs: str, name: str | None = None, also: Sequence[str] = (), **attributes: Any) -> str:
        """Add a node; its first output's name, which may be given, as those of further outputs must be."""
        name = f"{kind}_{len(self._nodes)}" if name is None else name
        self._nodes.append(helper.make_node(kind, list(inputs), [name, *also], **attributes))
        return name

    def split(self, value: str, sizes: Sequence[int], axis: int = -1) -> list[str]:
        """Cut a value into pieces of these sizes."""
        names = [f"Split_{len(self._nodes)}_{index}" for index in range(len(sizes))]
        lengths = self.constant(sizes, np.int64)
        self._nodes.append(helper.make_node("Split", [value, lengths], names, axis=axis))
        return names

    def ranked(self, value: str, size: int) -> tuple[str, str]:
        """The `size` values of the last axis, largest first, and where each stood."""
        order = f"Order_{len(self._nodes)}"
        return self.op("TopK", value, self.constant([size], np.int64), also=[order], axis=-1), order

    def reshape(self, value: str, *shape: int) -> str:
        """Give a value another shape; 0 keeps a dimension, -1 takes what is left."""
        return self.op("Reshape", value, self.constant(shape, np.int64))

    def product(self, x: str, kernel: ArrayLike, bias: ArrayLike | None = None) -> str:
        """x (..., n) times a constant kernel (n, m), and a constant bias (m,) added."""
        y = self.op("MatMul", x, self.constant(kernel))
        return y if bias is None else self.op("Add", y, self.constant(bias))

    def silu(self, x: str) -> str:
        """x * sigmoid(x) (Elfwing et al., 2017)."""
        return self.op("Mul", x, self.op("Sigmoid", x))

    def norm(self, x: str, scale: ArrayLike, shift: ArrayLike, epsilon: float) -> str:
        """x (..., n) normalised over its last axis (Ba, Kiros & Hinton, 2016)."""
        return self.op("LayerNormalization", x, self.constant(scale), self.constant(shift), axis=-1, epsilon=epsilon)

    def embed(self, part: ModelProto) -> None:
        """Add the nodes and constants of a model; what its inputs and outputs are called, they are called here."""
        ours = {name for node in self._nodes for name in node.output} | {one.name for one in self._constants}
        theirs = {name for node in part.graph.node for name in node.output} | {
            one.name for one in part.graph.initializer
        }
        assert not ours & theirs, ours & theirs
        for used in part.opset_import:
            assert self._opsets.setdefault(used.domain, used.version) == used.version, used
        self._nodes += part.graph.node
        self._constants += part.graph.initializer

    def model(self, inputs: dict[str, tuple[int, Shape]], outputs: dict[str, tuple[int, Shape]]) -> ModelProto:
        """The whole as a model; inputs and outputs by name, each with its element type (onnx.TensorProto) and shape."""
        told = [
            [helper.make_tensor_value_info(n, kind, shape) for n, (kind, shape) in d.items()] for d in (inputs, outputs)
        ]
        graph = helper.make_graph(self._nodes, "step", *told, initializer=self._constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in self._opsets.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="improv")
