"""The generations of an index: listed, and rolled back to one that answered before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError, IndexDamaged, IndexMismatch, IndexMissing
from .files import reason_of
from .publish import builder_lock
from .published import age_of, name_before, read_published, write_published
from .store import GENERATIONS, Index, check_files, open_index, read_manifest


@dataclass(frozen=True, slots=True)
class GenerationInfo:
    """A generation that is kept. `bytes` is its size on disk, `created` in UTC (ISO 8601), `model` its encoder's fingerprint.

    `answers` tells the published one, `before` the one that `roll_back` goes to. `damage` says why it cannot answer, ""
    when it can; of what cannot be read the counts are 0 and the words empty.
    """

    name: str
    answers: bool
    before: bool
    created: str = ""
    documents: int = 0
    passages: int = 0
    bytes: int = 0
    model: str = ""
    damage: str = ""


def generations(folder: Path | str, *, checksums: bool = True) -> tuple[GenerationInfo, ...]:
    """The generations that are kept in the index `folder`, the newest first.

    Damage is found by checksums, which reads every file, or else by sizes alone. Raises IndexMissing, and IndexDamaged when not
    even their names can be read.
    """
    folder = Path(folder)
    published = read_published(folder)
    before = name_before(published)
    infos = [
        _info(folder, name, digest, answers=not position, before=name == before, checksums=checksums)
        for position, (name, digest) in enumerate(published)
    ]
    return tuple(sorted(infos, key=lambda info: age_of(info.name), reverse=True))


def roll_back(folder: Path | str, name: str | None = None, fingerprint: str | None = None) -> Index:
    """Make a generation answer again: the one named, or the one that answered before. Returns it, open.

    Its checksums are verified first, and that it was made with the encoder of `fingerprint`, if that is given. No generation is removed by this; the next build drops those that were rolled back first, when it
    has more than it keeps. Raises IndexMissing (no such generation), IndexDamaged, IndexMismatch (another format or model), and BuildError
    (a build is running, the folder cannot be written); the index then answers as before.
    """
    folder = Path(folder)
    read_published(folder)  # a folder without an index is not made one by the lock
    with builder_lock(folder):
        published = read_published(folder)
        name = name or name_before(published)
        if name is None:
            raise IndexMissing(f"{folder}: no generation before {published[0][0]} is kept; name the one that is to answer")
        index = open_index(folder, fingerprint, whole=True, generation=name)
        position = [kept for kept, _ in published].index(name)
        if position:
            try:
                write_published(folder, published[position:] + published[:position])
            except OSError as error:
                raise BuildError(f"{folder}: cannot be written: {reason_of(error)}; the index answers as before") from error
        return index


def _info(folder: Path, name: str, digest: str, *, answers: bool, before: bool, checksums: bool) -> GenerationInfo:
    place = folder / GENERATIONS / name
    try:
        manifest = read_manifest(folder, name, digest)
    except (IndexDamaged, IndexMismatch) as error:
        return GenerationInfo(name, answers, before, damage=str(error))
    damage = ""
    try:
        check_files(place, manifest["files"], () if checksums else tuple(manifest["files"]))
    except IndexDamaged as error:
        damage = str(error)
    counts, size = manifest["counts"], sum(file["bytes"] for file in manifest["files"].values())
    model = manifest["encoder"]["fingerprint"]
    return GenerationInfo(
        name, answers, before, manifest["created"], counts["documents"], counts["passages"], size, model, damage
    )
