"""A Milvus server that is killed, during a copy and between questions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import WordEncoder
from stores import MilvusServer

from index import StoreError, build_index, open_index
from index.addresses import open_store
from index.copying import copy_index
from index.embedded_store import EmbeddedStore
from index.sparse import terms_of
from index.stored_index import open_stored
from qa.retrieve import search

DOCUMENTS, ACKNOWLEDGED = 60, 20


def test_a_killed_server_loses_nothing_that_it_acknowledged(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Whoever was writing or asking is told so in one line; after its start the copy goes on, and the same passages are found."""
    if not request.config.getoption("--milvus-server"):
        pytest.skip("not run: a Milvus server that is killed; --milvus-server starts one")
    (tmp_path / "sources").mkdir()
    for number in range(DOCUMENTS):
        words = " ".join(f"The ferry {number} sails to harbour {number * n}." for n in range(20))
        (tmp_path / "sources" / f"{number:02}.txt").write_text(words, encoding="utf-8")
    build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder())
    source, index = EmbeddedStore(tmp_path / "index"), open_index(tmp_path / "index")
    server = MilvusServer(tmp_path / "server")
    try:
        store = open_store(f"milvus+{server.uri}/ferries")
        store.begin(index.manifest)
        acknowledged = set()
        with pytest.raises(StoreError, match="see that the server runs") as caught:
            for document in source.scan():
                store.write(document)
                acknowledged.add(document.revision)
                if len(acknowledged) == ACKNOWLEDGED:
                    server.kill()
        assert "\n" not in str(caught.value) and len(acknowledged) == ACKNOWLEDGED
        server.start()
        store = open_store(f"milvus+{server.uri}/ferries")
        store.begin(index.manifest)
        assert store.written(acknowledged) == acknowledged
        copied = copy_index(source, store)
        assert copied.kept >= ACKNOWLEDGED and copied.written + copied.kept == DOCUMENTS
        stored, asked = open_stored(store), (WordEncoder().encode_question("ferry 7").vector, terms_of("ferry 7 harbour"), 10)
        expected = [hit.number for hit in search(index, *asked)]
        assert [hit.number for hit in search(stored, *asked)] == expected
        server.kill()
        with pytest.raises(StoreError, match="see that the server runs"):
            stored.nearest(np.ones(WordEncoder.dimension, np.float32), 5)
        server.start()
        assert [hit.number for hit in search(open_stored(open_store(f"milvus+{server.uri}/ferries")), *asked)] == expected
    finally:
        server.stop()
