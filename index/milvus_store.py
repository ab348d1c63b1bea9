"""Milvus as a store: a server, a cluster, or the file of Milvus Lite.

For each making (encoder, settings) there are two collections: NAME_making, the passages, and NAME_making_records, everything
else in pieces of text. NAME is an alias of the records that answer: what is made otherwise is written beside them, and the alias
is switched when it is published. Only hexadecimal keys ever stand in an expression (`index.filters`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .encodings import Stored
from .errors import StoreError
from .filters import AllOf, AnyOf, Filter, Not, term_key
from .milvus_client import BATCH_IDS, MilvusClient
from .milvus_schema import MAX_ARRAY, as_piece, encoding_fields, expression, of_piece, passages_schema, records_schema
from .packing import (
    compressed,
    cut,
    decompressed,
    pack_contents,
    pack_encoding,
    pack_facts,
    unpack_contents,
    unpack_encoding,
    unpack_facts,
)
from .passage_store import Contents, Facts, Match, Revision, StoredDocument
from .sparse import bm25, idf
from .stored import keys_of, stored_from

MOST = 16_384
"""Rows in one answer: servers refuse more."""

CURRENT = "current"
_FOUND = ["id", "document", "revision", "position"]


class MilvusStore:
    """The collection `name` at `uri`: http(s)://host:port, or the path of a file. Raises StoreError when it cannot be reached."""

    def __init__(self, uri: str, name: str, token: str = "") -> None:
        self._uri, self._base = uri, name
        self._client = MilvusClient(uri, token)
        numbers = [int(n) for n in re.findall(r"\d+", self._client.version)[:2]]
        self._is_lite = self._client.version.startswith("milvus_lite")
        self._has_bm25 = self._is_lite or numbers >= [2, 5]  # asking an older server for it stops the server
        self._call = self._client.call
        self._writing: str | None = None
        self._encoders: dict[str, Mapping[str, Any]] = {}

    # --- writing ---

    def begin(self, manifest: Mapping[str, Any]) -> None:
        encoder = manifest["encoder"]
        made = json.dumps([encoder, manifest["settings"]], sort_keys=True).encode("utf-8")
        place = f"{self._base}_{hashlib.blake2b(made, digest_size=6).hexdigest()}"
        collections = {
            place: passages_schema(self._client.plain, encoder, with_bm25=self._has_bm25),
            f"{place}_records": records_schema(self._client.plain),
        }
        for collection, (schema, indexes) in collections.items():
            if not self._call("has_collection", collection):
                self._call("create_collection", collection, schema=schema, consistency_level="Bounded")
                self._call("create_index", collection, indexes, sync=False)
        self._client.load(*collections)
        self._writing, self._encoders[place] = place, encoder

    def write(self, document: StoredDocument) -> None:
        place, revision = self._begun(), document.revision
        rows = []
        for number, (name, keys, stored) in enumerate(zip(document.ids(), keys_of(document), document.encodings, strict=True)):
            row = {"id": name, "document": revision.document, "revision": revision.digest, "position": number}
            row |= {"terms": keys["term"][:MAX_ARRAY], "wordings": sorted(set(keys["wording"]))[:MAX_ARRAY]}
            if self._has_bm25:
                row["text"] = " ".join(row["terms"])
            pieces = cut(pack_encoding(stored))
            fields = encoding_fields(self._encoders[place])
            row |= {field: as_piece(pieces[i] if i < len(pieces) else "") for i, field in enumerate(fields)}
            rows.append(row | {"vector": stored.vector.tolist()})
        self._client.upsert(place, rows)
        name = f"{revision.document}-{revision.digest}"
        self._client.write_pieces(
            f"{place}_records", name, compressed(pack_contents(document.contents)), revision.document, revision.digest
        )

    def written(self, revisions: Iterable[Revision]) -> set[Revision]:
        asked = {f"{r.document}-{r.digest}-0": r for r in revisions}
        found = self._client.rows(f"{self._begun()}_records", asked, ["id"], newest=True)
        return {asked[row["id"]] for row in found}

    def remove(self, document: str, but: str | None = None) -> None:
        place = self._begun()
        where: Filter = AnyOf("document", frozenset([document]))
        if but is not None:
            where = AllOf((where, Not(AnyOf("revision", frozenset([but])))))
        for collection in (f"{place}_records", place):
            self._call("delete", collection, filter=expression(where))

    def refresh(self) -> None:
        place = self._begun()
        for collection in (place, f"{place}_records"):
            self._call("query", collection, filter="", output_fields=["count(*)"], consistency_level="Strong")

    def publish(self, facts: Facts) -> None:
        place = self._begun()
        self._client.write_pieces(f"{place}_records", f"facts-{facts.name}", compressed(pack_facts(facts)))
        self.refresh()
        self._client.write_pieces(f"{place}_records", CURRENT, [facts.name])
        self.refresh()
        if self._answering() != place:
            switch = "create_alias" if self._answering() is None else "alter_alias"
            self._call(switch, f"{place}_records", self._base)
        self._clear(place, facts)
        self.refresh()

    def _clear(self, place: str, facts: Facts) -> None:
        """Remove collections that no longer answer, earlier facts, and revisions that nothing names any more."""
        own = re.compile(rf"{re.escape(self._base)}_[0-9a-f]{{12}}(_records)?")
        for name in self._call("list_collections"):
            if own.fullmatch(name) and name not in (place, f"{place}_records"):
                self._call("drop_collection", name)
        records, named = f"{place}_records", {entry.revision.digest for entry in facts.catalogue}
        facts_before = [row["id"] for row in self._client.walk(records, 'document == ""', ["id"], newest=True)]
        facts_before = [n for n in facts_before if n != f"{CURRENT}-0" and not n.startswith(f"facts-{facts.name}-")]
        self._client.delete(records, facts_before)
        stale = sorted(
            {row["revision"] for row in self._client.walk(records, 'document != ""', ["revision"], newest=True)} - named
        )
        for begin in range(0, len(stale), BATCH_IDS):
            where = expression(AnyOf("revision", frozenset(stale[begin : begin + BATCH_IDS])))
            for collection in (records, place):  # the records first: without them nothing counts as written
                self._call("delete", collection, filter=where)

    # --- reading ---

    def published(self) -> Facts | None:
        place, name = self._answering(), self.name()
        if place is None or name is None:
            return None
        facts = unpack_facts(decompressed(self._client.pieces(f"{place}_records", [f"facts-{name}"])[f"facts-{name}"]))
        self._encoders[place] = facts.manifest["encoder"]
        return facts

    def name(self) -> str | None:
        place = self._answering()
        found = self._client.pieces(f"{place}_records", [CURRENT]) if place else {}
        return found[CURRENT][0] if CURRENT in found else None

    def nearest(self, vector: np.ndarray, k: int, where: Filter | None = None) -> list[Match]:
        place = self._read_from()
        if not place or k <= 0:
            return []
        return self._search(place, "vector", np.asarray(vector, dtype=np.float32).tolist(), k, where, _FOUND[1:])

    def holding(self, terms: Sequence[str], k: int, where: Filter | None = None) -> list[Match]:
        place, keys = self._read_from(), [term_key(term) for term in terms]
        if not place or not keys or k <= 0:
            return []
        fields = [*_FOUND[1:], "terms"]
        if self._has_bm25:
            return self._search(place, "sparse", " ".join(keys), k, where, fields)
        rows: dict[str, Mapping[str, Any]] = {}
        for key in keys:  # rarest first: where there are too many passages, those with common words alone are left out
            wanted: Filter = AnyOf("term", frozenset([key]))
            wanted = wanted if where is None else AllOf((wanted, where))
            if room := MOST - len(rows):
                found = self._call("query", place, filter=expression(wanted), output_fields=["id", *fields], limit=room)
                rows |= {row["id"]: row for row in found}
        return ranked([self._match(row, 0.0) for row in rows.values()], keys)[:k]

    def _search(self, place: str, field: str, query: Any, k: int, where: Filter | None, fields: list[str]) -> list[Match]:
        named = {"anns_field": field, "limit": min(k, MOST), "output_fields": fields} | (
            {"filter": expression(where)} if where else {}
        )
        hits = self._call("search", place, data=[query], **named)[0]
        sign = -1 if field == "sparse" and self._is_lite else 1  # Lite gives BM25 scores with the wrong sign
        return [self._match(hit["entity"] | {"id": hit["id"]}, sign * float(hit["distance"])) for hit in hits]

    def select(self, where: Filter) -> Iterator[Match]:
        place = self._read_from()
        if place:
            yield from (self._match(row, 0.0) for row in self._client.walk(place, expression(where), _FOUND))

    def get(self, ids: Iterable[str]) -> dict[str, Stored]:
        place = self._read_from()
        if not place:
            return {}
        fields = encoding_fields(self._encoders[place])
        return {
            row["id"]: unpack_encoding("".join(of_piece(row[f]) for f in fields), row["vector"], self._encoders[place])
            for row in self._client.rows(place, ids, ["id", "vector", *fields])
        }

    def contents(self, revisions: Iterable[Revision]) -> dict[Revision, Contents]:
        place = self._read_from()
        asked = {f"{r.document}-{r.digest}": r for r in revisions}
        found = self._client.pieces(f"{place}_records", asked) if place else {}
        return {asked[name]: unpack_contents(decompressed(pieces)) for name, pieces in found.items()}

    def count(self) -> int:
        place = self._read_from()
        rows = self._call("query", place, filter="", output_fields=["count(*)"], consistency_level="Strong") if place else []
        return int(rows[0]["count(*)"]) if rows else 0

    def scan(self, but: Collection[Revision] = ()) -> Iterator[StoredDocument]:
        facts = self.published()
        for entry in [entry for entry in facts.catalogue if entry.revision not in but] if facts else ():
            contents = self.contents([entry.revision])
            if entry.revision not in contents:
                raise StoreError(f"{self.health()}: {entry.about.id} is not there as published; write the index again")
            yield stored_from(entry.revision, contents[entry.revision], self.get)

    def health(self) -> str:
        return f"Milvus {self._call('get_server_version')} at {self._uri}, {self._base}"

    def close(self) -> None:
        self._client.plain.close()

    # --- the client ---

    def _begun(self) -> str:
        if self._writing is None:
            raise StoreError(f"{self._uri}: begin was not called, which says what is going to be written")
        return self._writing

    def _read_from(self) -> str | None:
        """The passages that are written, else those that answer."""
        if self._writing:
            return self._writing
        place = self._answering()
        if place and place not in self._encoders:
            self.published()
        return place

    def _answering(self) -> str | None:
        """The passages' collection whose records have the alias, ready to be read."""
        if not self._call("has_collection", self._base):
            return None
        place = str(self._call("describe_collection", self._base)["collection_name"]).removesuffix("_records")
        self._client.load(place, f"{place}_records")
        return place

    @staticmethod
    def _match(row: Mapping[str, Any], score: float) -> Match:
        terms = tuple(row.get("terms", ()))
        return Match(row["id"], Revision(row["document"], row["revision"]), int(row["position"]), score, terms)


def ranked(matches: Sequence[Match], keys: Sequence[str]) -> list[Match]:
    """Matches with their BM25 scores for terms, by the statistics of these matches alone; best first, ties by id."""
    mean = np.float64(sum(len(m.terms) for m in matches)) / max(1, len(matches))
    weights = {key: idf(sum(key in m.terms for m in matches), len(matches)) for key in keys}

    def score(match: Match) -> float:
        return float(sum(bm25(match.terms.count(key), len(match.terms), mean, weight) for key, weight in weights.items()))

    return sorted((replace(match, score=score(match)) for match in matches), key=lambda m: (-m.score, m.id))
