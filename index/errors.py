"""What can go wrong. Every message says what was found, what was expected, and the cure."""

from __future__ import annotations


class QAError(Exception):
    """The base of every error this product raises on purpose; its message is one line meant for people."""


class SourcesError(QAError):
    """The sources folder is missing, is not a folder, or holds nothing that can be indexed."""


class LoadError(QAError):
    """One file cannot be read as a document. The build notes it and goes on with the others."""


class CatalogueError(QAError):
    """`catalogue.toml` is not valid: bad TOML, an unknown key, a wrong type, or a file that is not there."""


class ModelError(QAError):
    """The encoder cannot be loaded, or its weights are not the expected ones."""


class IndexMissing(QAError):
    """There is no published index in the folder."""


class IndexDamaged(QAError):
    """A file of the published index is missing, truncated or changed."""


class IndexMismatch(QAError):
    """The index was made by another format version or another model than the one asked to read it."""


class BuildError(QAError):
    """The build could not finish. The index that was published before is untouched."""


class BuildCancelled(BuildError):
    """The build was stopped on request, by its progress function. The index that was published before is untouched."""


class CollectionError(QAError):
    """The sources folder was not changed: a name, document or value that cannot be, or a folder that cannot be written."""


class QuestionError(QAError):
    """The question (or its history) is not something that can be asked."""


class EvaluationError(QAError):
    """Labelled data is not in a documented form, or the results cannot be written."""


class ExportError(QAError):
    """An export cannot be made, written or read, or what it quotes is no longer in the index."""


class LinkError(QAError):
    """A link to a quotation is malformed or too long, what it opens is not in the index, or a quotation cannot be put in a link."""


class BatchError(QAError):
    """A sheet of questions cannot be read, or the table of their answers cannot be written."""


class StoreError(QAError):
    """The engine that holds the passages cannot be reached, refuses, or holds something that was not written here."""
