"""The sources folder watched: when it has come to rest after a change, the index is built again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from .errors import QAError, SourcesError

SETTLED = 1.0
"""Seconds without a change after which a folder is at rest: a file that is being copied is not indexed half."""

AGAIN = 2.0
"""Seconds until a folder that has gone, such as a share that is no longer mounted, is looked for again."""


def build_when_settled(rests: Iterable[object], build: Callable[[], Iterable[str]], tell: Callable[[str], None]) -> None:
    """Build whenever the folder has come to rest, and tell each step that was done in a line; after an error the next rest is awaited."""
    for _ in rests:
        try:
            for words in build():
                tell(words)
        except QAError as error:
            tell(f"error: {error}")


def rests(folder: Path, index: Path) -> Iterator[None]:
    """Yields once the folder is watched, then each time that it has come to rest after a change, and when it goes or comes back.

    Hidden files are no sources, and the files of the index no changes. Raises SourcesError when the system cannot watch it.
    """
    while True:
        yield from settled(_looks(folder, index))
        if _identity(folder) is None:
            yield
        while _identity(folder) is None:
            time.sleep(AGAIN)


def settled(looks: Iterable[bool]) -> Iterator[None]:
    """Yields at the first look that saw no change, and then at each that saw none where the one before did."""
    moving = True
    for changed in looks:
        if moving and not changed:
            yield
        moving = changed


def _looks(folder: Path, index: Path) -> Iterator[bool]:
    """Whether the folder changed: at once when it did, else every SETTLED seconds. Ends when it has gone or is another."""
    from watchfiles import watch

    root, own, identity = Path(os.path.realpath(folder)), Path(os.path.realpath(index)), _identity(folder)

    def counts(_: object, name: str) -> bool:
        path = Path(name)
        inside = path.relative_to(root).parts if path.is_relative_to(root) else ()
        return not any(part.startswith(".") for part in inside) and not path.is_relative_to(own)

    try:
        for changes in watch(root, watch_filter=counts, rust_timeout=int(SETTLED * 1000), yield_on_timeout=True):
            if _identity(folder) != identity:
                return
            yield bool(changes)
    except FileNotFoundError:
        return
    except (OSError, RuntimeError) as error:  # the latter is how the library tells what it does not know
        raise SourcesError(
            f"{folder}: cannot be watched: {error}; set WATCHFILES_FORCE_POLLING=1 to look at every file instead"
        ) from error


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells a folder from another in its place; None when there is none."""
    try:
        status = os.stat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino
