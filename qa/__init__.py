"""Questions to cited answers: `ask`, `retrieve`, `Assistant`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import (
    BatchError,
    BuildCancelled,
    BuildError,
    CatalogueError,
    CollectionError,
    EvaluationError,
    ExportError,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    LinkError,
    LoadError,
    ModelError,
    QAError,
    QuestionError,
    SourcesError,
    Span,
    StoreError,
)
from index.addresses import absolute

from .retrieve import Hit  # at once: imported later, the module would take the place of the function

if TYPE_CHECKING:
    from index import Where

    from .answer import Answer
    from .assistant import Assistant

_LATER = {
    "qa.answer": ("Answer", "Citation", "Place"),
    "qa.assistant": ("Assistant",),
    "qa.chat": ("Conversation", "Turn"),
    "index.where": ("Where",),
}
"""What is imported when it is first asked for, by its module: so the shell can load the networks while it is."""


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def ask(question: str, history: Sequence[str] = (), *, where: Where | None = None, index: Path | str | None = None) -> Answer:
    """Answer a question from the index in `index`, $QA_INDEX or `.index`; see `Assistant.ask`."""
    return _assistant(index).ask(question, history, where=where)


def retrieve(question: str, k: int = 5, *, where: Where | None = None, index: Path | str | None = None) -> list[Hit]:
    """The best k passages from the index in `index`, $QA_INDEX or `.index`; see `Assistant.retrieve`."""
    return _assistant(index).retrieve(question, k, where=where)


def _assistant(index: Path | str | None) -> Assistant:
    return _opened(absolute(index or os.environ.get("QA_INDEX") or ".index"))


@lru_cache(maxsize=4)
def _opened(folder: str) -> Assistant:
    from .assistant import Assistant

    return Assistant.open(folder)


__all__ = [
    "Answer",
    "Assistant",
    "BatchError",
    "BuildCancelled",
    "BuildError",
    "CatalogueError",
    "Citation",
    "CollectionError",
    "Conversation",
    "EvaluationError",
    "ExportError",
    "Hit",
    "IndexDamaged",
    "IndexMismatch",
    "IndexMissing",
    "LinkError",
    "LoadError",
    "ModelError",
    "Place",
    "QAError",
    "QuestionError",
    "SourcesError",
    "Span",
    "StoreError",
    "Turn",
    "Where",
    "ask",
    "retrieve",
]
