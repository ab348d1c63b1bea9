"""Questions to cited answers: `ask`, `retrieve`, `Assistant`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

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
    Where,
)

from .answer import Answer, Citation, Place
from .assistant import Assistant
from .chat import Conversation, Turn
from .retrieve import Hit


def ask(question: str, history: Sequence[str] = (), *, where: Where | None = None, index: Path | str | None = None) -> Answer:
    """Answer a question from the index in `index`, $QA_INDEX or `.index`; see `Assistant.ask`."""
    return _assistant(index).ask(question, history, where=where)


def retrieve(question: str, k: int = 5, *, where: Where | None = None, index: Path | str | None = None) -> list[Hit]:
    """The best k passages from the index in `index`, $QA_INDEX or `.index`; see `Assistant.retrieve`."""
    return _assistant(index).retrieve(question, k, where=where)


def _assistant(index: Path | str | None) -> Assistant:
    return _opened(str(Path(index or os.environ.get("QA_INDEX") or ".index").resolve()))


@lru_cache(maxsize=4)
def _opened(folder: str) -> Assistant:
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
    "Turn",
    "Where",
    "ask",
    "retrieve",
]
