"""Arrays are read one at a time, whoever reads them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.arrays import load_array, load_arrays


def test_no_two_threads_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the two kinds of file."""
    np.save(tmp_path / "a.npy", np.arange(3))
    np.savez(tmp_path / "b.npz", x=np.arange(4), y=np.array("z"))
    inside: list[int] = []
    most: list[int] = []
    load = np.load

    def watched(*arguments: Any, **named: Any) -> Any:
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.005)  # time for another one
        try:
            return load(*arguments, **named)
        finally:
            inside.pop()

    monkeypatch.setattr(np, "load", watched)
    with ThreadPoolExecutor(8) as pool:
        mapped = [pool.submit(load_array, tmp_path / "a.npy") for _ in range(8)]
        packed = [pool.submit(load_arrays, tmp_path / "b.npz") for _ in range(8)]
    assert max(most) == 1 and len(most) == 16
    assert all(isinstance(m.result(), np.memmap) and m.result().tolist() == [0, 1, 2] for m in mapped)
    assert all(p.result()["x"].tolist() == [0, 1, 2, 3] and str(p.result()["y"]) == "z" for p in packed)
