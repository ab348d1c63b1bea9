"""Stores for the tests: one in memory that lags, one that fails now and then, and a real server process."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from index.errors import StoreError
from index.filters import leaves
from index.milvus_store import ranked
from index.passage_store import Match, Revision
from index.stored import keys_of


class LaggingStore:
    """In memory, one making after the other. What is written or removed shows in searches after a refresh, or after a publish."""

    def __init__(self) -> None:
        self._makings: dict[str, tuple[dict[Revision, Any], dict[Revision, Any]]] = {}  # written, visible
        self._writing = self._answering = ""
        self._facts: Any = None

    def begin(self, manifest):
        self._writing = f"{manifest['encoder']} {manifest['settings']}"
        self._makings.setdefault(self._writing, ({}, {}))

    def _states(self):
        return self._makings.get(self._writing or self._answering, ({}, {}))

    def write(self, document):
        self._states()[0][document.revision] = document

    def written(self, revisions):
        return {revision for revision in revisions if revision in self._states()[0]}

    def remove(self, document, but=None):
        written = self._states()[0]
        for revision in [r for r in written if r.document == document and r.digest != but]:
            del written[revision]

    def refresh(self):
        written, visible = self._states()
        visible.clear()
        visible.update(written)

    def publish(self, facts):
        named = {entry.revision for entry in facts.catalogue}
        for revision in [r for r in self._states()[0] if r not in named]:
            del self._states()[0][revision]
        self.refresh()
        self._facts, self._answering = facts, self._writing
        self._makings = {self._writing: self._makings[self._writing]}

    def published(self):
        return self._facts

    def name(self):
        return self._facts.name if self._facts else None

    def _matches(self, where, score, terms=False):
        for revision, document in self._states()[1].items():
            for position, (name, keys) in enumerate(zip(document.ids(), keys_of(document), strict=True)):
                if leaves(where, {field: frozenset([v] if isinstance(v, str) else v) for field, v in keys.items()}):
                    value = score(document.encodings[position])
                    yield Match(name, revision, position, value, tuple(keys["term"]) if terms else ())

    def nearest(self, vector, k, where=None):
        found = self._matches(where, lambda stored: float(stored.vector @ vector))
        return sorted(found, key=lambda m: (-m.score, m.id))[:k]

    def holding(self, terms, k, where=None):
        from index.filters import term_key

        keys = [term_key(term) for term in terms]
        return ranked([m for m in self._matches(where, lambda _: 0.0, terms=True) if set(keys) & set(m.terms)], keys)[:k]

    def select(self, where):
        yield from self._matches(where, lambda _: 0.0)

    def get(self, ids):
        wanted = set(ids)
        visible = self._states()[1].values()
        return {n: e for document in visible for n, e in zip(document.ids(), document.encodings, strict=True) if n in wanted}

    def contents(self, revisions):
        visible = self._states()[1]
        return {revision: visible[revision].contents for revision in revisions if revision in visible}

    def count(self):
        return sum(len(document.encodings) for document in self._states()[1].values())

    def scan(self, but=()):
        for entry in self._facts.catalogue if self._facts else ():
            if entry.revision not in but:
                yield self._makings[self._answering][1][entry.revision]

    def health(self):
        return "memory"

    def close(self):
        pass


class FailingStore:
    """Another store, of which one call in `every` fails: by turns before it did anything, and after it did everything."""

    def __init__(self, store: Any, every: int = 3) -> None:
        self._store, self._every, self._calls = store, every, itertools.count(1)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            number = next(self._calls)
            if number % (2 * self._every) == self._every:
                raise StoreError(f"{name} failed before it did anything")
            result = getattr(self._store, name)(*arguments, **named)
            if number % (2 * self._every) == 0:
                raise StoreError(f"{name} failed after it did everything")
            return result

        return call


class RepeatedCalls:
    """Another store, each call made again when it fails: so the contract holds for every call that is repeated."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            for _ in range(3):
                try:
                    return getattr(self._store, name)(*arguments, **named)
                except StoreError:
                    continue
            raise AssertionError(f"{name} fails three times in a row")

        return call


class MilvusServer:
    """A server process of the package `milvus` (`pip install milvus==2.3.5`, 56 MB), its data in `folder`.

    It is asked over loopback, but it listens on every address: the package has no setting for that. So it is started only where
    `pytest --milvus-server` asks for it, on a machine that a firewall keeps apart.
    """

    PROGRAM = """
import sys
from milvus import MilvusServer
server = MilvusServer(wait_for_started=False)
server.set_base_dir(sys.argv[1])
server.listen_port = int(sys.argv[2])
server.start()
print(server.server_proc.pid, flush=True)
server.wait_started(120_000)
print("ready", flush=True)
sys.stdin.read()
server.stop()
"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.start()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, or start it again on the same data; returns when it says that it is ready."""
        command = [sys.executable, "-c", self.PROGRAM, str(self.folder), str(self.port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.pid = int(self._process.stdout.readline())
        assert self._process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """As a power cut would."""
        os.kill(self.pid, 9)
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.communicate("")
