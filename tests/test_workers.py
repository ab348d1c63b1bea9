"""Files read by a process of their own: limits of time and memory, crashes, and what it costs to start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import ROOT

import index.load
from index import LoadError
from index.load import Source, loading
from index.workers import MEMORY, SECONDS, Worker

PAGE = b"<html><body><p>The bridge is long, and it is old.</p></body></html>"


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loaders that a worker finds beside those of the program: each does what a hostile file may make a library do."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Late:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'index.worker':\n"
        "            sys.meta_path.remove(self)\n"
        "            import os, signal, socket, time\n"
        "            from index import load\n"
        "            load.LOADERS['.sleep'] = lambda data, name: time.sleep(60)\n"
        "            load.LOADERS['.memory'] = lambda data, name: bytearray(64 * 2**30)\n"
        "            load.LOADERS['.crash'] = lambda data, name: os.kill(os.getpid(), signal.SIGSEGV)\n"
        "            load.LOADERS['.leave'] = lambda data, name: os._exit(3)\n"
        "            load.LOADERS['.deep'] = lambda data, name: load.LOADERS['.deep'](data, name)\n"
        "            load.LOADERS['.print'] = lambda data, name: (os.write(1, b'noise'), print('noise'), load.load_html(data, name))[2]\n"
        "            load.LOADERS['.fetch'] = lambda data, name: socket.create_connection(('127.0.0.1', 9))\n"
        "sys.meta_path.insert(0, Late())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        (".memory", "it needs more memory than one file may take; split it or save it anew"),
        (
            ".crash",
            f"it brought down the process that read it (signal {int(signal.SIGSEGV)}); save it anew with a current program",
        ),
        (".leave", "it brought down the process that read it (exit status 3); save it anew with a current program"),
        (".deep", "it is nested too deeply to be read; save it anew with a current program"),
        (".fetch", "cannot be read as .fetch: socket."),
    ],
)
def test_a_hostile_file_costs_only_itself(hostile: None, suffix: str, reason: str) -> None:
    """It is refused with its name and the reason, and the same worker reads the next one."""
    with Worker() as worker:
        with pytest.raises(LoadError) as refused:
            worker.load(suffix, b"words", "a.bin")
        assert str(refused.value).startswith(f"a.bin: {reason}")
        assert worker.load(".html", PAGE, "a.html").text == "The bridge is long, and it is old."


def test_a_file_that_takes_too_long_is_given_up(hostile: None) -> None:
    """After the worker's seconds, and the message says them."""
    with Worker(seconds=3) as worker:
        worker.load(".html", PAGE, "a.html")
        started = time.monotonic()
        with pytest.raises(LoadError, match=r"a\.bin: reading it took more than 3 s; save it anew"):
            worker.load(".sleep", b"words", "a.bin")
        assert time.monotonic() - started < 20
        assert worker.load(".html", PAGE, "a.html").text


def test_what_a_library_prints_is_no_answer(hostile: None) -> None:
    """Standard output belongs to the answers alone."""
    with Worker() as worker:
        assert worker.load(".print", PAGE, "a.html").text == "The bridge is long, and it is old."


def test_a_closed_worker_gives_up_what_it_reads(hostile: None) -> None:
    """From another thread, at once; it starts no more."""
    worker = Worker()
    worker.load(".html", PAGE, "a.html")
    threading.Timer(0.5, worker.close).start()
    with pytest.raises(LoadError, match="brought down"):
        worker.load(".sleep", b"words", "a.bin")
    with pytest.raises(LoadError, match=r"a\.html: not read, because the build was stopped"):
        worker.load(".html", PAGE, "a.html")


def test_plain_texts_start_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of .txt and .md is read as fast as before."""
    monkeypatch.setattr(index.load, "Worker", lambda: pytest.fail("a worker was made"))
    (tmp_path / "a.txt").write_text("Words.")
    with loading([Source("a.txt", tmp_path / "a.txt")], {}) as loaded:
        assert [c.documents[0].text for c in loaded] == ["Words."]


def test_leaving_early_ends_the_workers(tmp_path: Path) -> None:
    """As when a build is interrupted: nothing is left running and no thread waits."""
    sources = []
    for number in range(30):
        (tmp_path / f"{number}.html").write_bytes(PAGE)
        sources.append(Source(f"{number}.html", tmp_path / f"{number}.html"))
    with pytest.raises(KeyboardInterrupt), loading(sources, {}) as loaded:
        next(loaded)
        raise KeyboardInterrupt
    assert not [t for t in threading.enumerate() if t.name.startswith("loading")]


def test_a_program_without_a_main_guard_builds(tmp_path: Path) -> None:
    """A worker does not run the program that builds again, as a spawned process of multiprocessing would."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.html").write_bytes(PAGE)
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nsys.path.insert(0, sys.argv[1])\nfrom conftest import WordEncoder\nimport index\n"
        "print('once', index.build_index('sources', '.index', encoder=WordEncoder()).documents)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(ROOT / "tests")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("once 1\n", 0), done.stderr


def test_the_limits() -> None:
    """Two minutes and two gigabytes."""
    assert (SECONDS, MEMORY) == (120, 2 * 2**30)
