"""Documents that disappeared from the sources: which of them may be dropped from the index without somebody being asked.

A share that is not mounted or a folder that was moved away must not empty the index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from .errors import BuildError
from .names import folders_of
from .records import Changes, Skipped

FEW = 4
"""So many documents may go unasked, whatever they are of."""

SHARE = 0.2
"""The share of all documents that may go unasked."""

NAMED = 3  # documents that a message names

GONE = "its file is gone"


@dataclass(frozen=True, slots=True)
class Removals:
    """Documents that disappeared, other than by `remove_document`: each and why it cannot be indexed.

    `of` is how many documents there were, `folder` one that held more than FEW and has lost them all, "" for none.
    """

    documents: tuple[Skipped, ...]
    of: int
    folder: str = ""

    @property
    def many(self) -> bool:
        """Whether they are too many to be dropped unasked."""
        return len(self.documents) > FEW and (bool(self.folder) or len(self.documents) > SHARE * self.of)

    def __str__(self) -> str:
        names = "; ".join(f"{s.path}: {s.reason}" for s in self.documents[:NAMED])
        more = f"; and {len(self.documents) - NAMED:,} more" if len(self.documents) > NAMED else ""
        folder = f", all that {self.folder} held" if self.folder else ""
        return f"{len(self.documents):,} of {self.of:,} documents have disappeared{folder} ({names}{more})"


Confirm = Callable[[Removals], bool]
"""Is told the documents that disappeared before they are dropped, and returns whether they are to be dropped."""


def few(removals: Removals) -> bool:
    """The answer where nobody can be asked."""
    return not removals.many


def check_removals(changes: Changes, before: Sequence[str], asked: Collection[str], confirm: Confirm | None) -> None:
    """Have `confirm` decide whether the documents that disappeared may be dropped; without it they may when they are `few`.

    `before` are the ids of all documents before, `asked` those that somebody removed on purpose. Raises BuildError when they
    may not.
    """
    reasons = {s.path: s.reason for s in changes.left_out}
    lost = tuple(Skipped(name, reasons.get(name, GONE)) for name in changes.removed if name not in asked)
    if not lost:
        return
    removals = Removals(lost, len(before), _lost_folder([s.path for s in lost], before))
    if not (confirm or few)(removals):
        raise BuildError(f"{removals}; put them back, or drop them with: python -m index build --allow-removals")


def _lost_folder(lost: Sequence[str], before: Sequence[str]) -> str:
    """The outermost folder or archive that held more than FEW documents and has lost them all, or ""."""
    had = Counter(folder for name in before for folder in folders_of(name))
    gone = Counter(folder for name in lost for folder in folders_of(name))
    return min((f for f, number in gone.items() if FEW < number == had[f]), key=len, default="")
