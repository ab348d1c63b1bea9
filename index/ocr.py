"""Pictures of pages to text by Tesseract, a program of its own that may or may not be there."""

from __future__ import annotations

import shutil
import subprocess

COMMAND = "tesseract"

PAGE_SECONDS = 30.0
"""A page that takes longer is given up."""

DOTS_PER_INCH = 200


def can_read() -> bool:
    """Whether Tesseract is installed."""
    return shutil.which(COMMAND) is not None


def read_picture(png: bytes, seconds: float) -> str:
    """The text on a picture, paragraphs apart by blank lines; "" where none is read within the time."""
    command = [COMMAND, "stdin", "stdout", "--dpi", str(DOTS_PER_INCH), "-l", "eng"]
    try:
        done = subprocess.run(command, input=png, capture_output=True, timeout=max(0.1, min(seconds, PAGE_SECONDS)), check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").replace("\f", "") if done.returncode == 0 else ""
