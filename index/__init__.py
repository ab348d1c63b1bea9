"""Files to a published, read-only index: `build_index`, `open_index`, and the errors of both packages."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: its threads spin on and take the network's cores

from .build import Changes, build_index, changes
from .collection import Removed, add_document, edit_entry, list_removed, remove_document, restore_removed
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
)
from .records import BuildReport, Document, Metadata, Passage, Sentence, Skipped, Span, Speech
from .store import Index, open_index
from .where import Where

__all__ = [
    "BatchError",
    "BuildCancelled",
    "BuildError",
    "BuildReport",
    "CatalogueError",
    "Changes",
    "CollectionError",
    "Document",
    "EvaluationError",
    "ExportError",
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
    "Where",
    "add_document",
    "build_index",
    "changes",
    "edit_entry",
    "list_removed",
    "open_index",
    "remove_document",
    "restore_removed",
]
