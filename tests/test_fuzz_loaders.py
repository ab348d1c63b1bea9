"""A few damaged files of every kind; `python benchmarks/fuzz_loaders.py --count N` reads more."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT


def test_damaged_files_are_read_or_refused() -> None:
    """Each within its limits, with documents whose parts fit their texts or one line that names the file."""
    command = [sys.executable, str(ROOT / "benchmarks" / "fuzz_loaders.py"), "--count", "25"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("275 inputs, 0 failures\n")
