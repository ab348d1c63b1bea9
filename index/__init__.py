"""Files to a published, read-only index: `build_index`, `open_index`, and the errors of both packages."""

from __future__ import annotations

from .build import Changes, build_index, changes
from .errors import (
    BuildError,
    CatalogueError,
    EvaluationError,
    ExportError,
    IndexDamaged,
    IndexMismatch,
    IndexMissing,
    LoadError,
    ModelError,
    QAError,
    QuestionError,
    SourcesError,
)
from .records import BuildReport, Document, Metadata, Passage, Sentence, Skipped, Span, Speech
from .store import Index, open_index

__all__ = [
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
