"""Files that the page gives away: exports of the conversation and of chosen quotations, and the table of a batch."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from index import BatchError, ExportError, Index

from .batch import Row
from .export import FORMS, export_conversation, export_quotations
from .record import Record
from .tables import CsvTable, table_for
from .talk import Talk

MEDIA_TYPES = {".csv": "text/csv", ".html": "text/html", ".md": "text/markdown", ".json": "application/json"}


@dataclass(frozen=True, slots=True)
class Download:
    """A file for the browser to save. It goes there in the answer to a click: nothing of it is left on the server's disk."""

    name: str
    media_type: str
    data: bytes

    def to_dict(self) -> dict[str, str]:
        """The file as JSON-ready data, its bytes in base64."""
        return {"name": self.name, "type": self.media_type, "data": base64.b64encode(self.data).decode("ascii")}


def export_of(talk: Talk, what: str, form: str, index: Index, day: str) -> Download:
    """The conversation ("conversation") or the quotations put aside ("chosen") in one of FORMS, named by its suffix.

    Raises ExportError when there is nothing to export, or the index no longer has what is quoted.
    """
    if what == "chosen" and talk.chosen:
        return _written(export_quotations(talk.chosen, index, day), form, f"quotations-{day}")
    if what == "conversation" and talk.answers:
        return _written(export_conversation(talk.answers, index, day), form, f"conversation-{day}")
    raise ExportError("there is nothing to export yet; ask something, or put a quotation aside")


def kept_file(entry: dict[str, str]) -> Download:
    """A conversation that the browser keeps, as the export that it is."""
    return Download(f"conversation-{entry['day']}.json", FORMS[".json"].media_type, entry["record"].encode())


def table_of(rows: Sequence[Row], others: Sequence[str], delimiter: str, form: str, day: str) -> Download:
    """The table of a batch, its form named by its suffix. Raises BatchError."""
    if form not in MEDIA_TYPES:
        raise BatchError(f"found the form {form!r}, expected one of {', '.join(MEDIA_TYPES)}")
    table = table_for(form, others, delimiter)
    text = "".join([table.head(), *map(table.row, rows), table.foot()])
    encoding = "utf-8-sig" if isinstance(table, CsvTable) else "utf-8"  # without the mark, spreadsheets guess
    return Download(f"answers-{day}{form}", MEDIA_TYPES[form], text.encode(encoding))


def _written(record: Record, form: str, name: str) -> Download:
    if form not in FORMS:
        raise ExportError(f"found the form {form!r}, expected one of {', '.join(FORMS)}")
    return Download(name + form, FORMS[form].media_type, FORMS[form].write(record))
