"""An export proved again: each of its quotations against the documents of today, and what is seen against its record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from index import Index, LoadError
from index.load import contents_of, ids_in, scan_sources

from .literal import shown
from .outline import PROVED, Kind, Parsed, outline
from .record import ExportedPlace, Passage, Quotation

MOST_NAMED = 3
"""Places at which words stand elsewhere that are named."""

Run = Quotation | ExportedPlace | Passage


class Documents(Protocol):
    """The documents of today."""

    name: str

    def ids(self) -> Iterable[str]:
        """The ids of all documents."""

    def today(self, document: str) -> tuple[str, str] | None:
        """The sha256 of a document's file and its text; None when there is no such document. Raises LoadError."""


class IndexedDocuments:
    """The documents in an index."""

    def __init__(self, index: Index) -> None:
        self._index, self.name = index, str(index.folder)

    def ids(self) -> Iterable[str]:
        """The ids of all documents."""
        return self._index.numbers

    def today(self, document: str) -> tuple[str, str] | None:
        """As in `Documents`."""
        number = self._index.numbers.get(document)
        return None if number is None else (self._index.documents[number].sha256, self._index.text(number))


class SourceDocuments:
    """The documents in a sources folder, without any index. Raises SourcesError when there is no such folder."""

    def __init__(self, folder: Path) -> None:
        self._sources, self.name = {name: s for s in scan_sources(folder).sources for name in ids_in(s)}, str(folder)
        self.today = lru_cache(maxsize=64)(self._today)

    def ids(self) -> Iterable[str]:
        """The ids of all documents."""
        return self._sources

    def _today(self, document: str) -> tuple[str, str] | None:
        source = self._sources.get(document)
        if source is None:
            return None
        found = contents_of(source, {}, only=document)
        for left_out in found.skipped:
            raise LoadError(f"{left_out.path}: {left_out.reason}")
        return (found.documents[0].sha256, found.documents[0].text) if found.documents else None


@dataclass(frozen=True, slots=True)
class Proof:
    """A quotation of an export: why it fails (`failures` is empty when it holds), and what else is to be known of it."""

    name: str
    document: str
    start: int
    end: int
    failures: tuple[str, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found out about an export. `failures` are of the file as a whole, `remarks` make nothing fail."""

    proofs: tuple[Proof, ...]
    failures: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every quotation holds and nothing in the file is wrong."""
        return not self.failures and not any(proof.failures for proof in self.proofs)


def verify(export: Parsed, collections: Sequence[Documents]) -> Verification:
    """Prove an export: every quotation, its passage and the places that say the same, in each of the collections."""
    named = list(export.record.quotations())
    of_quotation, of_file = _seen_otherwise(export)
    proofs = []
    for number, (name, quoted) in enumerate(named):
        failures, remarks = list(of_quotation.get(number, ())), []
        for documents in collections:
            failed, told = _prove(quoted, documents)
            failures += [f"{documents.name}: {why}" if len(collections) > 1 else why for why in failed]
            remarks += told
        proofs.append(Proof(name, quoted.document, quoted.start, quoted.end, tuple(failures), tuple(dict.fromkeys(remarks))))
    changed = (
        ()
        if export.as_written
        else ("the file is not as it was written: what stands around the quotations may differ from its record",)
    )
    return Verification(tuple(proofs), (*export.damage, *of_file), changed)


def _prove(quoted: Quotation, documents: Documents) -> tuple[list[str], list[str]]:
    """Why a quotation fails, and what else is to be known of it."""
    failures, remarks = _prove_run(quoted, quoted.document, quoted.sha256, documents)
    if not failures:
        around, _ = _prove_run(quoted.passage, quoted.document, quoted.sha256, documents)
        failures += [f"the words stand there, but not the passage around them: {why}" for why in around]
        failures += [f"“{name}”, who is said to speak, is not in the document" for name in _unnamed(quoted, documents)]
    for place in quoted.also_in:
        missing, told = _prove_run(place, place.document, place.sha256, documents)
        failures += [f"also in {place.document} [{place.start}, {place.end}): {why}" for why in missing]
        remarks += [f"also in {place.document}: {what}" for what in told]
    return failures, remarks


def _unnamed(quoted: Quotation, documents: Documents) -> list[str]:
    """The speaker and the role, which are copied from the document, as far as they are not in it."""
    found = documents.today(quoted.document)
    return [words for words in (quoted.speaker, quoted.role) if words and found and words not in found[1]]


def _prove_run(run: Run, document: str, sha256: str, documents: Documents) -> tuple[list[str], list[str]]:
    try:
        found = documents.today(document)
    except LoadError as error:
        return [f"the document cannot be read: {error}"], []
    if found is None:
        return [f"the document is gone; {_elsewhere(run.text, document, documents) or 'the words are in no other document'}"], []
    digest, text = found
    changed = digest != sha256
    if text[run.start : run.end] == run.text:
        return [], ["the document has changed, but these words stand where they stood"] if changed else []
    what = "the document has changed" if changed else "the document is unchanged, but has other words there"
    places = _places(run.text, text)
    if places:
        return [f"{what}; the words stand now at {places}" if changed else f"{what}; the words stand at {places}"], []
    return [f"{what}; the words are not in it{_and(_elsewhere(run.text, document, documents))}"], []


def _and(words: str) -> str:
    return f", but {words}" if words else ""


def _elsewhere(words: str, document: str, documents: Documents) -> str:
    """Where else words stand in the collection; "" when nowhere."""
    places = []
    for other in documents.ids():
        try:
            found = documents.today(other) if other != document else None
        except LoadError:
            continue
        if found and (stands := _places(words, found[1])):
            places.append(f"in {other} at {stands}")
            if len(places) == MOST_NAMED:
                break
    return f"the words stand {' and '.join(places)}" if places else ""


def _places(words: str, text: str) -> str:
    """Where words stand in a text, as a list of spans; of many the first."""
    spans, start = [], text.find(words)
    while start >= 0 and len(spans) < MOST_NAMED:
        spans.append(f"[{start}, {start + len(words)})")
        start = text.find(words, start + 1)
    return " and ".join(spans)


def _seen_otherwise(export: Parsed) -> tuple[dict[int, list[str]], list[str]]:
    """What is seen otherwise than recorded: by the number of the quotation, and what belongs to none."""
    of_quotation: dict[int, list[str]] = {}
    of_file: list[str] = []
    blocks = outline(export.record)
    for kind in PROVED:
        recorded = [shown(block.text) for block in blocks if block.kind == kind]
        seen = [block.text for block in export.seen if block.kind == kind]
        for number, why in _differences(kind, recorded, seen):
            if number is None:
                of_file.append(why)
            else:
                of_quotation.setdefault(number, []).append(why)
    return of_quotation, of_file


_NAMES: dict[Kind, str] = {
    "quotation": "the visible quotation",
    "source": "its visible reference",
    "passage": "the visible passage in the appendix",
    "detail": "the visible checksum or position in the appendix",
}


def _differences(kind: Kind, recorded: Sequence[str], seen: Sequence[str]) -> Iterator[tuple[int | None, str]]:
    if recorded == seen:
        return
    for step, first, last, other, end in SequenceMatcher(None, recorded, seen, autojunk=False).get_opcodes():
        if step == "equal":
            continue
        both = min(last - first, end - other)
        for n in range(both):
            yield first + n, f"{_NAMES[kind]} differs from the record: {_apart(seen[other + n], recorded[first + n])}"
        for n in range(first + both, last):
            yield n, f"{_NAMES[kind]} is missing"
        for n in range(other + both, end):
            if kind in ("quotation", "passage"):
                yield None, f"a quotation is seen that the record does not have: “{seen[n][:60]}”"


def _apart(seen: str, recorded: str) -> str:
    """The first place at which two texts part."""
    at = next((n for n, (a, b) in enumerate(zip(seen, recorded, strict=False)) if a != b), min(len(seen), len(recorded)))
    start = max(0, at - 20)
    return f"“{seen[start : at + 30]}” is seen, “{recorded[start : at + 30]}” is recorded"


def report(verification: Verification) -> str:
    """What was found out, in lines for a terminal: every quotation that fails and why, what else is to be known, and the sum."""
    lines = [f"FAILS: {why}" for why in verification.failures]
    for proof in verification.proofs:
        where = f"{proof.name} ({proof.document}, characters {proof.start} to {proof.end})"
        lines += [f"FAILS: {where}: {why}" for why in proof.failures]
        lines += [f"note: {where}: {what}" for what in proof.remarks]
    lines += [f"note: {what}" for what in verification.remarks]
    failed, all_of_them = sum(bool(proof.failures) for proof in verification.proofs), len(verification.proofs)
    if not all_of_them:
        lines.append("The export has no quotation.")
    elif failed:
        lines.append(f"{failed} of {all_of_them} quotations {'fails' if failed == 1 else 'fail'}.")
    elif verification.failures:
        lines.append("What is recorded holds, but the file may show something else.")
    else:
        lines.append(
            f"{'The quotation holds' if all_of_them == 1 else f'All {all_of_them} quotations hold'}, character for character."
        )
    return "\n".join(" ".join(shown(line).replace("⟨U+27E8⟩", "⟨").split()) for line in lines)  # what is seen was shown already
