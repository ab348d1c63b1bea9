"""Which passages a search may find: a small tree of data, compiled by each engine for itself.

Every value in it is a key, made here of what a person or a document said: hexadecimal digits and nothing else. So no engine's
language is ever spoken with somebody's words in it, whatever quotes, signs or scripts these hold.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

FIELDS = ("document", "revision", "term", "wording")
"""What a passage can be chosen by: its document, that document's revision, the index terms in it, the wordings of its sentences."""

_KEY = re.compile("[0-9a-f]{16,64}")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Passages that have one of these keys in a field. Raises ValueError for another field, and for what is no key."""

    field: str
    keys: frozenset[str]

    def __post_init__(self) -> None:
        if self.field not in FIELDS:
            raise ValueError(f"the field is {self.field!r}, expected one of {', '.join(FIELDS)}")
        for key in self.keys:
            if not (isinstance(key, str) and _KEY.fullmatch(key)):
                raise ValueError(f"the {self.field} is {key!r:.60}, expected a key: hexadecimal digits, made by key_of")


@dataclass(frozen=True, slots=True)
class AllOf:
    """Passages that every part leaves."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Passages that a filter does not leave."""

    part: Filter


Filter = AnyOf | AllOf | Not


def key_of(text: str) -> str:
    """What stands for a text in a store: 16 bytes of BLAKE2b as 32 hexadecimal digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def term_key(term: str) -> str:
    """What stands for an index term: shorter, as each passage has many."""
    return hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def leaves(where: Filter | None, keys: Mapping[str, frozenset[str]]) -> bool:
    """Whether a filter leaves a passage with these keys, by field; None leaves all."""
    match where:
        case None:
            return True
        case AnyOf(field, wanted):
            return not wanted.isdisjoint(keys[field])
        case AllOf(parts):
            return all(leaves(part, keys) for part in parts)
        case Not(part):
            return not leaves(part, keys)
