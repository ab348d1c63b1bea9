"""Where an index is: a folder, or a store of another engine, both named in one line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import IndexMissing, StoreError
from .published import is_store, read_current

if TYPE_CHECKING:
    from .passage_store import Store
    from .store import Index
    from .stored_index import StoredIndex

TOKEN = "MILVUS_TOKEN"
"""The environment variable with the token, or USER:PASSWORD, for a server."""

COLLECTION = "passages"
"""The collection in a file."""

_SERVER = re.compile(r"milvus\+(https?):/{1,2}([^/?#@]+)/([A-Za-z_][A-Za-z0-9_]{0,99})/?")  # one slash: a path of it was made


def open_store(address: Path | str) -> Store:
    """The store at an address; nothing need be in it. Raises StoreError.

    A folder; `milvus+http://host:19530/collection`, or with https; or the path of a file that ends in .db (Milvus Lite).
    """
    if not is_store(address):
        from .embedded_store import EmbeddedStore

        return EmbeddedStore(Path(address))
    from .milvus_store import MilvusStore

    server = _SERVER.fullmatch(str(address))
    if server:
        return MilvusStore(f"{server[1]}://{server[2]}", server[3], os.environ.get(TOKEN, ""))
    if str(address).startswith("milvus+"):
        raise StoreError(
            f"found the address {address}, expected milvus+http://host:19530/collection, a token in the variable {TOKEN}"
        )
    return MilvusStore(str(address), COLLECTION)


def absolute(address: Path | str) -> str:
    """The address, whatever the working folder will be."""
    return str(address) if str(address).startswith("milvus+") else str(Path(address).resolve())


class Published:
    """What is published at an address. For an embedded index a folder is all that is needed, for a store a connection."""

    def __init__(self, address: Path | str) -> None:
        self._address = address
        self._store = open_store(address) if is_store(address) else None

    def current(self) -> object:
        """What changes whenever something else is published. Raises IndexMissing, IndexDamaged, StoreError."""
        if self._store is None:
            return read_current(Path(self._address))
        if (name := self._store.name()) is None:
            raise IndexMissing(
                f"{self._store.health()}: no index here; write one with: python -m index build --store {self._address}"
            )
        return name

    def open(self, fingerprint: str | None = None) -> Index | StoredIndex:
        """What is published, for an encoder. Raises IndexMissing, IndexDamaged, IndexMismatch, StoreError."""
        from .store import open_index
        from .stored_index import open_stored

        return open_stored(self._store, fingerprint) if self._store else open_index(self._address, fingerprint)
