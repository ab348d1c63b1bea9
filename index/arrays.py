"""Reading the files of numpy, one thread at a time.

Numpy has Python's `ast` read the shape of an array. When two threads do so at once, Python 3.11 may raise SystemError: "AST
constructor recursion depth mismatch".
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np

_lock = threading.Lock()


def load_array(path: Path) -> np.ndarray:
    """The array in an .npy file, mapped, not read. Raises what `numpy.load` raises."""
    with _lock:
        mapped: np.ndarray = np.load(path, mmap_mode="r")
        return mapped


def load_arrays(path: Path) -> dict[str, Any]:
    """The arrays in an .npz file by their names. Raises what `numpy.load` raises."""
    with _lock, np.load(path) as file:
        return {name: file[name] for name in file.files}


def load_made_for(path: Path, name: str, digest: str) -> dict[str, Any] | None:
    """The same where there is such a file and its entry `name` is this digest, of what its arrays were made for; else None."""
    arrays = load_arrays(path) if path.is_file() else {}
    return arrays if str(arrays.get(name)) == digest else None
