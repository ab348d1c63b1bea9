"""Files to a published, read-only index: `build_index`, `open_index`, and the errors of both packages."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: its threads spin on and take the network's cores

from .errors import (
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
    StoreError,
)
from .records import BuildReport, Changes, Document, Metadata, Passage, Sentence, Skipped, Span, Speech

if TYPE_CHECKING:
    from .store import Index, open_index
    from .where import Where

_LATER = {
    "build": ("build_index", "changes"),
    "collection": ("add_document", "edit_entry", "remove_document", "restore_removed"),
    "comparison": ("Comparison", "compare"),
    "history": ("GenerationInfo", "generations", "roll_back"),
    "removed": ("Removed", "list_removed"),
    "store": ("Index", "open_index"),
    "where": ("Where",),
}
"""What is imported when it is first asked for, by its module: so nobody waits for what only the build needs, and the networks can load
while the rest is imported."""


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "BatchError",
    "BuildCancelled",
    "BuildError",
    "BuildReport",
    "CatalogueError",
    "Changes",
    "CollectionError",
    "Comparison",
    "Document",
    "EvaluationError",
    "ExportError",
    "GenerationInfo",
    "Index",
    "IndexDamaged",
    "IndexMismatch",
    "IndexMissing",
    "LinkError",
    "LoadError",
    "Metadata",
    "ModelError",
    "Passage",
    "QAError",
    "QuestionError",
    "Removed",
    "Sentence",
    "Skipped",
    "SourcesError",
    "Span",
    "Speech",
    "StoreError",
    "Where",
    "add_document",
    "build_index",
    "changes",
    "compare",
    "edit_entry",
    "generations",
    "list_removed",
    "open_index",
    "remove_document",
    "restore_removed",
    "roll_back",
]
