"""What a person at a terminal sees of long work."""

from __future__ import annotations

import sys


class Bars:
    """Progress of a build as bars on standard error, one a step; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._step, self._bar = "", None  # type: ignore[var-annotated]

    def __enter__(self) -> Bars:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def __call__(self, step: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._bar is None or step != self._step:
            self.close()
            self._step, self._bar = step, tqdm(total=total, desc=step, disable=None, file=sys.stderr, leave=False)
        self._bar.update(done - self._bar.n)
