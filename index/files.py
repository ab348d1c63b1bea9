"""Files that are written whole or not at all, and the lock that keeps two writers apart."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

PARTIAL = ".partial-"
"""What the name of an unfinished file begins with; names that begin with a dot are no sources."""


def acquire_lock(path: Path, seconds: float) -> Any:
    """Take the lock of the file `path`; call `release` on what is returned. The system frees it when the process dies.

    Raises TimeoutError when another holds it for longer than `seconds`, OSError when the file cannot be written.
    """
    from filelock import FileLock

    lock = FileLock(path)
    lock.acquire(timeout=seconds)
    return lock


def write_synced(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, down to the disk. Raises OSError; the file is then not there."""
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise
    except BaseException:
        remove_quietly(path)
        raise


def replace_file(path: Path, data: bytes) -> None:
    """Write a file in one step: whoever reads it sees the old content or the new. Its permissions stay. Raises OSError."""
    partial = path.with_name(PARTIAL + secrets.token_hex(8))
    try:
        write_synced(partial, data)
        if path.exists():
            shutil.copymode(path, partial)
        os.replace(partial, path)
    except BaseException:
        remove_quietly(partial)
        raise
    sync_quietly(path.parent)


def write_new_file(path: Path, data: bytes) -> None:
    """Write a file in one step under a name that is free. Raises FileExistsError when it is not, and OSError."""
    partial = path.with_name(PARTIAL + secrets.token_hex(8))
    try:
        write_synced(partial, data)
        move_to_free_name(partial, path)
    except BaseException:
        remove_quietly(partial)
        raise


def move_to_free_name(path: Path, target: Path) -> None:
    """Rename a file, never over another one. Raises FileExistsError when the name is taken, and OSError."""
    try:
        os.link(path, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # a file system without links: the name is claimed first, by an empty file
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        try:
            os.replace(path, target)
        except BaseException:
            if path.exists():  # else what stands there is no longer the empty file
                remove_quietly(target)
            raise
    else:
        os.unlink(path)
    sync_quietly(target.parent)


def clear_partials(folder: Path) -> None:
    """Remove what writers that were killed left in `folder`. Call where no other can be writing."""
    for leftover in folder.glob(PARTIAL + "*"):
        remove_quietly(leftover)


def reason_of(error: OSError) -> str:
    """Why the system refused, in words."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    return error.strerror or str(error)


def sync(path: Path) -> None:
    """Bring a file or folder down to the disk. Raises OSError."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_quietly(folder: Path) -> None:
    """The same for a step that is already taken: only a power cut could still take it back."""
    with suppress(OSError):
        sync(folder)


def remove_quietly(path: Path) -> None:
    """Remove a file if that can be done; for cleaning up after an error, which must not hide it."""
    with suppress(OSError):
        path.unlink()
