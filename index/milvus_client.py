"""Calls to Milvus: each guarded, so that what goes wrong is one line, and each such that it may be repeated."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .errors import StoreError
from .milvus_schema import as_piece, of_piece

BATCH_BYTES, BATCH_IDS, PAGE = 4_000_000, 500, 1000
"""Bytes written at once; ids asked for at once; rows that a walk takes at once."""

SECONDS = 60.0
"""How long a call may take, the client's retries included."""


class MilvusClient:
    """A connection to `uri`: http(s)://host:port, or the path of a file. Raises StoreError whenever a call fails.

    `version` is that of the engine.
    """

    def __init__(self, uri: str, token: str = "") -> None:
        self._uri = uri
        try:
            import pymilvus
        except ImportError as error:
            raise StoreError(f"{uri}: the client of Milvus is not installed ({error.name}); pip install '.[milvus]'") from error
        for name in (
            "pymilvus",
            "grpc._server",
        ):  # they print a traceback for every error that is also raised, and for what Lite lacks
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._loaded: set[str] = set()
        self.plain = self._guarded(pymilvus.MilvusClient, uri=uri, token=token, timeout=SECONDS)
        self.version = str(self.call("get_server_version"))

    def call(self, name: str, *arguments: Any, **named: Any) -> Any:
        """What a method of the client returns."""
        return self._guarded(getattr(self.plain, name), *arguments, **named, timeout=SECONDS)

    def _guarded(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        from pymilvus.exceptions import MilvusException

        try:
            return call(*arguments, **named)
        except (MilvusException, ValueError, RuntimeError, OSError, ImportError) as error:
            self._loaded.clear()  # the server may have been started again
            reason = " ".join(str(getattr(error, "message", "") or error).split())[:300]
            cure = "see that the server runs" if "://" in self._uri else "see that no other program has the file open"
            raise StoreError(f"{self._uri}: {reason}; {cure}") from error

    def load(self, *collections: str) -> None:
        """Make collections ready to be read, those that are not: files put them away when they are closed, and servers when they end."""
        missing = [collection for collection in collections if collection not in self._loaded]
        for collection in missing:  # a server takes seconds for one, and as long for several at once
            self.call("load_collection", collection, _async=True)
        for collection in missing:
            self.call("load_collection", collection)
        self._loaded.update(missing)

    def upsert(self, collection: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write rows, a bounded number of bytes at once."""
        batch: list[Mapping[str, Any]] = []
        size = 0
        for row in rows:
            batch.append(row)
            size += size_of(row)
            if size >= BATCH_BYTES:
                self.call("upsert", collection, batch)
                batch, size = [], 0
        if batch:
            self.call("upsert", collection, batch)

    def rows(self, collection: str, ids: Iterable[str], fields: Sequence[str], *, newest: bool = False) -> list[Any]:
        """The rows with these ids. What may not have come to a reader yet is asked for again and waited for; with `newest` all is."""
        wanted, found = list(ids), list[Any]()
        for begin in range(0, len(wanted), BATCH_IDS):
            some = wanted[begin : begin + BATCH_IDS]
            rows = [] if newest else self._query(collection, some, fields, "Bounded")
            found += rows if len(rows) == len(some) else self._query(collection, some, fields, "Strong")
        return found

    def _query(self, collection: str, ids: Sequence[str], fields: Sequence[str], consistency: str) -> list[Any]:
        return list(self.call("query", collection, ids=ids, output_fields=list(fields), consistency_level=consistency))

    def walk(self, collection: str, where: str, fields: Sequence[str], *, newest: bool = False) -> Iterator[Any]:
        """Every row that an expression leaves; with `newest` what was just written is waited for."""
        consistency = "Strong" if newest else "Bounded"
        named = {"batch_size": PAGE, "filter": where, "output_fields": list(fields), "consistency_level": consistency}
        rows = self.call("query_iterator", collection, **named)
        try:
            while batch := self._guarded(rows.next):
                yield from batch
        finally:
            rows.close()

    def delete(self, collection: str, ids: Sequence[str]) -> None:
        """Remove rows by their ids."""
        for begin in range(0, len(ids), BATCH_IDS):
            self.call("delete", collection, ids=ids[begin : begin + BATCH_IDS])

    def write_pieces(self, records: str, name: str, pieces: Sequence[str], document: str = "", revision: str = "") -> None:
        """Write pieces of text under a name. The first says how many there are, and is written last: it makes them whole."""
        rows = [
            {"id": f"{name}-{i}", "document": document, "revision": revision, "body": as_piece(piece), "vector": [0.0, 0.0]}
            for i, piece in enumerate(pieces)
        ]
        rows[0]["body"] = as_piece(f"{len(pieces)}:{pieces[0]}")
        self.upsert(records, rows[1:])
        self.upsert(records, rows[:1])

    def pieces(self, records: str, names: Iterable[str]) -> dict[str, list[str]]:
        """The pieces of what is there, by its name. Raises StoreError for what is not whole."""
        firsts = {
            r["id"].rpartition("-")[0]: of_piece(r["body"]) for r in self.rows(records, [f"{n}-0" for n in names], ["id", "body"])
        }
        counts = {name: int(body.partition(":")[0]) for name, body in firsts.items()}
        others = self.rows(records, [f"{name}-{i}" for name, n in counts.items() for i in range(1, n)], ["id", "body"])
        bodies = {row["id"]: of_piece(row["body"]) for row in others} | {
            f"{n}-0": body.partition(":")[2] for n, body in firsts.items()
        }
        if missing := [f"{n}-{i}" for n, count in counts.items() for i in range(count) if f"{n}-{i}" not in bodies]:
            raise StoreError(f"{self._uri}: {missing[0]} is not there; it may just have changed: try again")
        return {name: [bodies[f"{name}-{i}"] for i in range(n)] for name, n in counts.items()}


def size_of(value: Any) -> int:
    """About how long a value is when it is sent."""
    if isinstance(value, (list, Mapping)):
        return sum(map(size_of, value.values() if isinstance(value, Mapping) else value))
    return len(value) if isinstance(value, str) else 4
