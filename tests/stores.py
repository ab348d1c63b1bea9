"""Stores for the tests: one in memory that lags, one that fails now and then, and a real server process."""

from __future__ import annotations

import itertools
import lzma
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
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
    """A server process of the package `milvus` (`pip install milvus==2.3.5`, 56 MB), its data in `folder`, which must be there.

    It starts in the background, and makes `stores` empty stores of one making: each takes it seconds, but as long for all.
    It is asked over loopback, yet most of its ports listen on every address: no setting changes that (those called `ip` say what
    one part of it tells the others). So it is started only where `pytest --milvus-server` asks for it, as `.ci/run` does.
    """

    SETTINGS = {
        "PROXY_TIMETICKINTERVAL": "20",  # milliseconds, for 200: a strong read waits for the next of these
        "COMMON_SESSION_TTL": "10",  # seconds, for 30: a killed server's successor waits as long; with 2 one on a busy machine gave itself up
    }

    WHILE_ASKED_FOR = '"$0" run standalone </dev/null & read -r _; kill -9 $!; wait'
    """So it does not outlive the tests, whatever ends them: its end is that of the other side of the pipe."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any], stores: int) -> None:
        import milvus

        self._folder, self._process = folder, None
        self._packed = Path(milvus.__file__).parent / "data" / "bin"
        config = milvus.MilvusServerConfig(data_dir=str(folder))
        config.resolve()
        self.uri = f"http://127.0.0.1:{config.get('proxy_port')}"
        self._health_port, free = config.resolve_port(9091)
        free.close()
        self._background = ThreadPoolExecutor(stores + 1)
        self._ready = self._background.submit(self._prepare, manifest, [f"t{i}" for i in range(stores)])

    def open(self, name: str) -> Any:
        """A store in it; those that are made ahead are t0, t1 and so on. Waits until they are."""
        from index.milvus_store import MilvusStore

        self._ready.result()
        return MilvusStore(self.uri, name)

    def _prepare(self, manifest: Mapping[str, Any], names: list[str]) -> None:
        from index.milvus_store import MilvusStore

        (self._folder / "bin").mkdir()
        for packed in self._packed.glob("*.lzma"):
            with lzma.open(packed) as stream, (self._folder / "bin" / packed.stem).open("wb") as unpacked:
                shutil.copyfileobj(stream, unpacked, 1 << 20)
        (self._folder / "bin" / "milvus").chmod(0o755)
        self.start()
        list(self._background.map(lambda name: MilvusStore(self.uri, name).begin(manifest), names))

    def start(self) -> None:
        """Start it, or start it again on the same data; returns when it says that it is ready."""
        programs, log = self._folder / "bin", self._folder / "printed.log"
        settings = {"DEPLOY_MODE": "STANDALONE", "METRICS_PORT": str(self._health_port), "LD_LIBRARY_PATH": str(programs)}
        with log.open("ab") as printed:
            self._process = subprocess.Popen(
                ["sh", "-c", self.WHILE_ASKED_FOR, programs / "milvus"],
                env=os.environ | settings | self.SETTINGS,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=printed,
                stderr=printed,
            )
        for _ in range(600):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{self._health_port}/healthz", timeout=60) as answer:
                if b"OK" in answer.read():
                    return
            time.sleep(0.1)
        raise AssertionError(f"the server is not ready after a minute: {log.read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """As a power cut would."""
        if self._process and self._process.poll() is None:
            self._process.communicate()

    def end(self) -> None:
        """Kill it, whatever it was doing, and remove its files."""
        wait([self._ready])
        self._background.shutdown()
        self.kill()
        shutil.rmtree(self._folder)
