"""Files read by a process of their own, with limits of time and memory, so that a hostile one costs only itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from .errors import LoadError
from .loaded import Loaded
from .page_view import PageView

SECONDS = 120.0
"""A file that takes longer to be read is left out."""

MEMORY = 2 * 1024**3
"""Bytes of address space that a worker may take."""

MAX_ANSWER = 1024**3
"""Bytes of an answer that are believed."""


class Worker:
    """One process that loads files, one at a time; started when it is first needed, and anew after one has brought it down.

    It is no fork and no `multiprocessing` spawn: the program that builds is not run again in it, whatever its main module does.
    """

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process; a file that is being read is given up. From any thread."""
        with self._lock:
            self._closed = True
            if self._process:
                _kill(self._process)
                self._process.wait()

    def load(self, suffix: str, data: bytes, name: str) -> Loaded:
        """What is in a file of these bytes, by the loader of `suffix`. Raises LoadError: refused, too slow, too large, or crashed."""
        return Loaded.from_dict(self._answer(suffix, data, name, None)["loaded"])

    def view(self, data: bytes, name: str, page: int, runs: Sequence[tuple[int, int]], width: int) -> PageView:
        """A page of a PDF, as in `page_view.view_page`. Raises LoadError as `load` does."""
        return PageView.from_dict(self._answer(".pdf", data, name, [page, list(runs), width])["view"])

    def _answer(self, suffix: str, data: bytes, name: str, view: list[Any] | None) -> dict[str, Any]:
        process = self._running(name)
        late = threading.Event()

        def end() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(self._seconds, end)
        timer.daemon = True
        timer.start()
        try:
            answer = _ask(process, data, {"suffix": suffix, "name": name, "seconds": self._seconds, "view": view})
        except (OSError, ValueError, EOFError) as error:
            _kill(process)
            status = process.wait()
            self._release(process)
            if late.is_set():
                why = f"reading it took more than {self._seconds:g} s"
            else:
                why = f"it brought down the process that read it ({_ending(status)})"
            raise LoadError(f"{name}: {why}; save it anew with a current program") from error
        finally:
            timer.cancel()
        if "error" in answer:
            raise LoadError(str(answer["error"]))
        return answer

    def _running(self, name: str) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._closed:
                raise LoadError(f"{name}: not read, because the build was stopped")
            if self._process is None or self._process.poll() is not None:
                self._process = _start(self._memory)
            return self._process

    def _release(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if self._process is process:
                self._process = None
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                pipe.close() if pipe else None


def _start(memory: int) -> subprocess.Popen[bytes]:
    home = str(Path(__file__).resolve().parents[1])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
    command = [sys.executable, "-P", "-m", "index.worker", str(memory)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and what it has started."""
    if process.poll() is None:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


def _ask(process: subprocess.Popen[bytes], data: bytes, request: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps(request | {"bytes": len(data)}).encode("ascii") + b"\n" + data)
    process.stdin.flush()
    size = int.from_bytes(_exactly(process, 8), "big")
    if size > MAX_ANSWER:
        raise ValueError("the answer is too long")
    answer = json.loads(_exactly(process, size))
    if not isinstance(answer, dict):
        raise ValueError("the answer is no object")
    return answer


def _exactly(process: subprocess.Popen[bytes], size: int) -> bytes:
    assert process.stdout
    data = process.stdout.read(size)
    if len(data) < size:
        raise EOFError("the answer stops short")
    return data


def _ending(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"
