"""Files to a published, read-only index: `build_index`, `open_index`, and the errors of both packages."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: its threads spin on and take the network's cores

from .build import build_index, changes
from .collection import add_document, edit_entry, remove_document, restore_removed
from .comparison import Comparison, compare
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
from .history import GenerationInfo, generations, roll_back
from .records import BuildReport, Changes, Document, Metadata, Passage, Sentence, Skipped, Span, Speech
from .removed import Removed, list_removed
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
