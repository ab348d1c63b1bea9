"""Files to a published, read-only index: `build_index`, `open_index`, and the errors of both packages."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is loaded: its threads spin on and take the network's cores

from .build import Changes, build_index, changes
from .errors import (
    BatchError,
    BuildError,
    CatalogueError,
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

__all__ = [
    "BatchError",
    "BuildError",
    "BuildReport",
    "CatalogueError",
    "Changes",
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
    "Sentence",
    "Skipped",
    "SourcesError",
    "Span",
    "Speech",
    "build_index",
    "changes",
    "open_index",
]
