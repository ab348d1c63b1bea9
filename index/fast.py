"""The encoder's network on OpenVINO, for models whose outputs are known: it is used when it gives the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .agreement import AGREEMENT, disagreement, read_sample
from .errors import ModelError
from .graph import Graph, read_weights


def fast_network(folder: Path, model_digest: str, layer: int | None) -> FastNetwork:
    """The network of a folder whose weights have this sha256, held against what sentence-transformers is known to make of them.

    `layer`: see FastNetwork. Raises ModelError when that is not known, OpenVINO is missing, or the network gives anything else.
    """
    sample = read_sample(AGREEMENT, model_digest)
    if sample is None or layer not in (None, sample.layer):
        raise ModelError(f"{folder}: what sentence-transformers makes of this model is not known, only of the packaged one")
    try:
        network = FastNetwork(folder, layer)
        found = disagreement(sample, network.run)
    except (ImportError, OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        raise ModelError(f"{folder}: OpenVINO cannot run this model: {' '.join(str(error).split())}") from error
    if found:
        raise ModelError(f"{network.name}: {found}")
    return network


class FastNetwork:
    """A BERT encoder (Devlin et al. 2019) with mean pooling, from a sentence-transformers folder."""

    def __init__(self, folder: Path, layer: int | None) -> None:
        """`layer`: the one whose hidden states are given too, 0 being the output of the embeddings.

        Raises ModelError when the folder holds another kind of network, and what `index.graph` raises.
        """
        config = _config(folder)
        self._epsilon = config["layer_norm_eps"]
        weights = read_weights(folder / "model.safetensors")
        self._words = weights["embeddings.word_embeddings.weight"]
        self._positions = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        self._states = layer is not None
        graph = Graph(weights)
        width, heads = config["hidden_size"], config["num_attention_heads"]
        embedded, mask = graph.input("embedded", [-1, -1, width]), graph.input("mask", [-1, -1])
        bias = graph.padding_bias(mask)
        hidden = [graph.norm(embedded, "embeddings.LayerNorm", self._epsilon)]
        for number in range(config["num_hidden_layers"]):
            hidden.append(self._layer(graph, hidden[-1], bias, f"encoder.layer.{number}", width, heads))
        outputs = [graph.mean(hidden[-1], mask), hidden[-1], *([] if layer is None else [hidden[layer]])]
        self._network = graph.compile(outputs, "encoder")
        self.name = f"fast ({self._network.name})"

    def _layer(self, graph: Graph, x: Any, bias: Any, name: str, width: int, heads: int) -> Any:
        attention = f"{name}.attention"
        query, key, value = (
            graph.heads(graph.linear(x, f"{attention}.self.{part}"), heads, width // heads) for part in ("query", "key", "value")
        )
        seen = graph.linear(graph.attend(query, key, value, bias, width), f"{attention}.output.dense")
        x = graph.norm(graph.add(x, seen), f"{attention}.output.LayerNorm", self._epsilon)
        made = graph.linear(graph.gelu(graph.linear(x, f"{name}.intermediate.dense")), f"{name}.output.dense")
        return graph.norm(graph.add(x, made), f"{name}.output.LayerNorm", self._epsilon)

    def run(self, ids: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """See `index.embed.Network`."""
        embedded = self._words[ids] + self._positions[: ids.shape[1]]
        rows = np.array_split(np.arange(len(ids)), min(len(ids), self._network.streams))
        made = self._network.run((embedded[part], mask[part].astype(np.float32)) for part in rows)
        vectors, tokens, *states = (np.concatenate(parts) for parts in zip(*made, strict=True))
        return vectors, tokens, states[0] if states else None


def _config(folder: Path) -> dict[str, Any]:
    """The settings of the network in a folder. Raises ModelError when it is none that can be built here."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    pooling = json.loads((folder / modules[1]["path"] / "config.json").read_text(encoding="utf-8"))
    means = [name for name, used in pooling.items() if name.startswith("pooling_mode_") and used]
    found = [
        config.get("model_type"),
        config.get("hidden_act"),
        config.get("position_embedding_type", "absolute"),
        *kinds[:2],
        *means,
    ]
    expected = ["bert", "gelu", "absolute", "Transformer", "Pooling", "pooling_mode_mean_tokens"]
    if found != expected:
        raise ModelError(f"{folder}: a network of {', '.join(map(str, found))}; built here is only {', '.join(expected)}")
    return config
