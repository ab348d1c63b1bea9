"""What Milvus is told of passages and records: their fields and indexes, and a filter in its own language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .filters import AllOf, AnyOf, Filter, Not
from .packing import PIECE, encoding_length
from .sparse import K1, B

MAX_ARRAY = 4096
"""Values in an array: Milvus takes no more, and a passage has fewer tokens."""

_ID, _KEY, _TEXT = 128, 64, 65_535
_COLUMNS = {"document": "document", "revision": "revision"}
_ARRAYS = {"term": "terms", "wording": "wordings"}


def encoding_fields(encoder: Mapping[str, Any]) -> list[str]:
    """The fields that a passage's encoding is divided among."""
    return [f"encoding{i}" for i in range(-(-encoding_length(encoder) // PIECE))]


def as_piece(text: str) -> dict[str, str]:
    """A piece of text as a value of JSON: of a long VARCHAR the client looks at each character on its own, a tenth of a second for a passage."""
    return {"piece": text}


def of_piece(value: Mapping[str, str]) -> str:
    """The text again."""
    return value["piece"]


def passages_schema(client: Any, encoder: Mapping[str, Any], *, with_bm25: bool) -> tuple[Any, Any]:
    """The schema and the indexes of the passages; with a field that the engine searches itself when it knows BM25."""
    from pymilvus import DataType, Function, FunctionType

    schema, indexes = client.create_schema(auto_id=False, enable_dynamic_field=False), client.prepare_index_params()
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=_ID)
    for name in ("document", "revision"):
        schema.add_field(name, DataType.VARCHAR, max_length=_KEY)
    schema.add_field("position", DataType.INT64)
    for name in ("terms", "wordings"):
        schema.add_field(name, DataType.ARRAY, element_type=DataType.VARCHAR, max_capacity=MAX_ARRAY, max_length=_KEY)
    for name in encoding_fields(encoder):
        schema.add_field(name, DataType.JSON)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=encoder["dimension"])
    indexes.add_index("vector", index_type="FLAT", metric_type="IP")  # exact, as the embedded index is
    if with_bm25:  # keys instead of words: no analyzer can change, join or drop them
        schema.add_field(
            "text", DataType.VARCHAR, max_length=_TEXT, enable_analyzer=True, analyzer_params={"tokenizer": "standard"}
        )
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        bm25 = Function(name="bm25", input_field_names=["text"], output_field_names=["sparse"], function_type=FunctionType.BM25)
        schema.add_function(bm25)
        parameters = {"bm25_k1": K1, "bm25_b": B}
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=parameters)
    return schema, indexes


def records_schema(client: Any) -> tuple[Any, Any]:
    """The schema and the indexes of the records. Their vectors are there because every collection must have one."""
    from pymilvus import DataType

    schema, indexes = client.create_schema(auto_id=False, enable_dynamic_field=False), client.prepare_index_params()
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=_ID)
    for name in ("document", "revision"):
        schema.add_field(name, DataType.VARCHAR, max_length=_KEY)
    schema.add_field("body", DataType.JSON)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
    indexes.add_index("vector", index_type="FLAT", metric_type="IP")
    return schema, indexes


def expression(where: Filter) -> str:
    """A filter as Milvus reads it. Whoever makes one lets only keys in, so there is nothing to escape."""
    match where:
        case AnyOf(field, keys):
            listed = json.dumps(sorted(keys))
            return f"{_COLUMNS[field]} in {listed}" if field in _COLUMNS else f"array_contains_any({_ARRAYS[field]}, {listed})"
        case AllOf(parts):
            return " and ".join(f"({expression(part)})" for part in parts)
        case Not(part):
            return f"not ({expression(part)})"
