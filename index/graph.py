"""Transformer networks on OpenVINO: built in memory from the weights of a safetensors file, which stays where it is.

Nothing is converted or kept on the disk: building a graph takes some hundredths of a second, compiling it a few tenths.
"""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

Weights = Mapping[str, np.ndarray]
"""The arrays of a safetensors file by their names."""

_TYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8"}
_PADDING = -1e4

MOST_STREAMS = 8
"""Batches that are computed at the same time, at most: each keeps code and intermediate results of its own."""


def read_weights(path: Path) -> Weights:
    """The arrays of a safetensors file, mapped, not read. Raises OSError, and ValueError, KeyError or IndexError when it is none."""
    data = np.memmap(path, dtype=np.uint8, mode="c")  # OpenVINO takes only what could be written; nothing is
    begin = 8 + int(data[:8].view("<u8")[0])
    header = json.loads(bytes(data[8:begin]))
    return {
        name: data[begin + entry["data_offsets"][0] : begin + entry["data_offsets"][1]]
        .view(_TYPES[entry["dtype"]])
        .reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


def openvino() -> Any:
    """The package openvino. Raises ImportError."""
    # Its tools tell the maker of every import over the network, and nothing may leave this machine. They are not needed.
    sys.modules.setdefault("openvino.tools", None)  # type: ignore[arg-type]
    import openvino

    return openvino


class Graph:
    """Builds a network: each method adds an operation to nodes and returns the new node.

    Weights are named as in their file; a linear layer `x` has `x.weight` and `x.bias`, and so has a layer normalisation.
    """

    def __init__(self, weights: Weights) -> None:
        """Raises ImportError without OpenVINO."""
        self.ov = openvino()
        self.weights = weights
        self._op = self.ov.opset13
        self._inputs: list[Any] = []

    def input(self, name: str, shape: Sequence[int]) -> Any:
        """A float32 input; -1 for a length that may vary."""
        self._inputs.append(self._op.parameter(list(shape), np.float32, name))
        return self._inputs[-1]

    def weight(self, name: str) -> Any:
        weight = self.weights[name]  # of 32 bits it is read where it is mapped, of 16 it is copied
        return self._op.constant(weight.astype(np.float32, copy=False), shared_memory=weight.dtype == np.float32)

    def constant(self, value: Any) -> Any:
        return self._op.constant(np.asarray(value, dtype=np.float32))

    def add(self, x: Any, y: Any) -> Any:
        return self._op.add(x, y)

    def concat(self, nodes: Sequence[Any], axis: int) -> Any:
        return self._op.concat(list(nodes), axis)

    def split(self, x: Any, parts: int, axis: int) -> Sequence[Any]:
        """So many equal parts of a node."""
        return list(self._op.split(x, self._op.constant(axis), parts).outputs())

    def linear(self, x: Any, name: str) -> Any:
        return self._op.add(self._op.matmul(x, self.weight(f"{name}.weight"), False, True), self.weight(f"{name}.bias"))

    def norm(self, x: Any, name: str, epsilon: float) -> Any:
        even = self._op.mvn(x, self._op.constant(np.array([-1])), True, epsilon, "INSIDE_SQRT")
        return self._op.add(self._op.multiply(even, self.weight(f"{name}.weight")), self.weight(f"{name}.bias"))

    def gelu(self, x: Any) -> Any:
        return self._op.gelu(x, "erf")

    def heads(self, x: Any, count: int, width: int) -> Any:
        """(n, s, count * width) as (n, count, s, width)."""
        apart = self._op.reshape(x, self._op.constant(np.array([0, 0, count, width])), True)
        return self._op.transpose(apart, self._op.constant(np.array([0, 2, 1, 3])))

    def attend(self, query: Any, key: Any, value: Any, bias: Any | None, width: int) -> Any:
        """Attention of heads (n, h, s, d), with a `bias` (n, 1, 1 or s, s) on its logits where there is one: (n, s, width)."""
        seen = self._op.scaled_dot_product_attention(query, key, value, bias)
        together = self._op.transpose(seen, self._op.constant(np.array([0, 2, 1, 3])))
        return self._op.reshape(together, self._op.constant(np.array([0, 0, width])), True)

    def padding_bias(self, mask: Any) -> Any:
        """What hides padding from attention: `mask` (n, s) is 1 where there is a token; (n, 1, 1, s)."""
        hidden = self._op.multiply(self._op.subtract(self.constant(1), mask), self.constant(_PADDING))
        return self._op.unsqueeze(hidden, self._op.constant(np.array([1, 2])))

    def mean(self, x: Any, mask: Any) -> Any:
        """The mean of the tokens (n, s, d) that the mask (n, s) counts: (n, d)."""
        counted, axis = self._op.unsqueeze(mask, self._op.constant(-1)), self._op.constant(1)
        return self._op.divide(self._op.reduce_sum(self._op.multiply(x, counted), axis), self._op.reduce_sum(counted, axis))

    def compile(self, outputs: Sequence[Any], name: str) -> Network:
        """The network, in the precision that OpenVINO finds best for this processor."""
        return Network(self, self.ov.Model(list(outputs), self._inputs, name))


class Network:
    """A compiled network. Not to be used by two threads at once."""

    def __init__(self, graph: Graph, model: Any) -> None:
        self._weights = graph.weights  # some are read where they are mapped
        # A thread for each batch rather than several that wait for each other after every operation: on shared cores those took as
        # long as one.
        threads = _threads()
        self.streams = min(threads, MOST_STREAMS)
        options = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": self.streams,
            "ENABLE_CPU_PINNING": False,  # bound to its core, a batch waits for whatever else runs there
            "CPU_RUNTIME_CACHE_CAPACITY": 32,  # code is made for each new length; unlimited, what is kept of it has no end
            "SNIPPETS_MODE": "DISABLE",  # code made for small operations: a tenth of a second more to start, and no faster
        }
        compiled = graph.ov.Core().compile_model(model, "CPU", options)
        self._requests = [compiled.create_infer_request() for _ in range(self.streams)]
        precision = compiled.get_property("INFERENCE_PRECISION_HINT").to_string()
        self.name = f"OpenVINO {graph.ov.__version__.split('-')[0]}, {precision}"

    def run(self, batches: Iterable[Sequence[np.ndarray]]) -> list[list[np.ndarray]]:
        """Of each batch, its outputs for its float32 inputs, in the order in which both were given. They are the caller's own."""
        made: list[list[np.ndarray]] = []
        running: deque[Any] = deque()
        try:
            for number, inputs in enumerate(batches):
                if len(running) == self.streams:
                    made.append(_outputs(running[0]))
                    running.popleft()
                running.append(self._requests[number % self.streams])
                running[-1].start_async(list(inputs))
            return made + [_outputs(request) for request in running]
        except BaseException:
            for request in running:  # what is still running could not be started again
                with suppress(RuntimeError):
                    request.wait()
            raise


def _outputs(request: Any) -> list[np.ndarray]:
    request.wait()
    return [output.data.copy() for output in request.output_tensors]


def _threads() -> int:
    """How many may run: OMP_NUM_THREADS where that says it, else as many as this process has cores."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    if told.isdecimal() and int(told):
        return int(told)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
