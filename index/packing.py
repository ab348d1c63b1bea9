"""What a store keeps as text: contents, facts and encodings to pieces of bounded length, and back.

Rows of numbers are little-endian bytes; what is long is compressed; everything is base64, which every engine carries unchanged.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from .encodings import Stored
from .errors import StoreError
from .passage_store import Contents, Entry, Facts, Revision
from .records import IndexedDocument, Location
from .store import PASSAGE_FIELDS, SENTENCE_FIELDS, WORDING_FIELDS

PIECE = 65_000
"""Characters in a piece: Milvus takes 65,535 bytes in a field."""


def pack_contents(contents: Contents) -> bytes:
    """A document's contents as bytes; the same for the same contents, so that they can name their revision."""
    plain = {
        "about": contents.about.to_dict(),
        "text": contents.text,
        "locations": [place.to_list() for place in contents.locations],
        "contexts": list(contents.contexts),
        **{name: _text_of(getattr(contents, name).tobytes()) for name in _ROWS},
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True).encode("utf-8")


_ROWS: dict[str, Any] = {
    "passages": PASSAGE_FIELDS,
    "sentences": SENTENCE_FIELDS,
    "wordings": WORDING_FIELDS,
    "signature": np.dtype("<u4"),
}


def unpack_contents(data: bytes) -> Contents:
    """What `pack_contents` made, read back."""
    plain = json.loads(data)
    rows = {name: np.frombuffer(base64.b64decode(plain[name]), dtype=kind) for name, kind in _ROWS.items()}
    locations = tuple(Location.from_list(row) for row in plain["locations"])
    return Contents(IndexedDocument.from_dict(plain["about"]), plain["text"], locations, tuple(plain["contexts"]), **rows)


def pack_facts(facts: Facts) -> bytes:
    """The facts as bytes."""
    plain = {f.name: getattr(facts, f.name) for f in fields(facts)}
    catalogue = [{f.name: getattr(entry, f.name) for f in fields(entry)} for entry in facts.catalogue]
    plain["catalogue"] = [row | {"about": row["about"].to_dict(), "revision": asdict(row["revision"])} for row in catalogue]
    plain |= {name: dict(plain[name]) for name in ("manifest", "words", "terms")}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True).encode("utf-8")


def unpack_facts(data: bytes) -> Facts:
    """What `pack_facts` made, read back."""
    plain = json.loads(data)
    entries = tuple(
        Entry(**entry | {"about": IndexedDocument.from_dict(entry["about"]), "revision": Revision(**entry["revision"])})
        for entry in plain["catalogue"]
    )
    return Facts(**plain | {"catalogue": entries})


def pack_encoding(stored: Stored) -> str:
    """What is kept of a passage's tokens, without its vector."""
    return _text_of(b"".join(part.tobytes() for part in (stored.tokens, stored.states, stored.starts.astype("<u4"))))


def encoding_length(encoder: Mapping[str, Any]) -> int:
    """The most characters that an encoding has, by the encoder in a manifest."""
    return -(-encoder["max_tokens"] * _token_bytes(encoder) // 3) * 4


def unpack_encoding(text: str, vector: Sequence[float], encoder: Mapping[str, Any]) -> Stored:
    """What `pack_encoding` made, read back, with its vector. Raises StoreError when it is not whole."""
    data = base64.b64decode(text)
    count, rest = divmod(len(data), _token_bytes(encoder))
    if rest:
        raise StoreError(
            f"a passage's tokens have {len(data):,} bytes, expected whole tokens of {_token_bytes(encoder)}; write the index again"
        )
    tokens, states = count * encoder["token_dimension"], count * encoder["state_dimension"]
    return Stored(
        np.asarray(vector, dtype=np.float32),
        np.frombuffer(data, np.int8, tokens).reshape(count, encoder["token_dimension"]),
        np.frombuffer(data, np.int8, states, tokens).reshape(count, encoder["state_dimension"]),
        np.frombuffer(data, "<u4", count, tokens + states),
    )


def _token_bytes(encoder: Mapping[str, Any]) -> int:
    return int(encoder["token_dimension"] + encoder["state_dimension"] + 4)


def cut(text: str) -> list[str]:
    """A text in pieces of at most PIECE characters, at least one."""
    return [text[i : i + PIECE] for i in range(0, len(text), PIECE)] or [""]


def compressed(data: bytes) -> list[str]:
    """Bytes as pieces of text, with a checksum before them."""
    return cut(_text_of(hashlib.blake2b(data, digest_size=16).digest() + zlib.compress(data, 6)))


def decompressed(pieces: Sequence[str]) -> bytes:
    """What `compressed` made, read back. Raises StoreError when it is not whole."""
    try:
        packed = base64.b64decode("".join(pieces), validate=True)
        data = zlib.decompress(packed[16:])
    except (ValueError, zlib.error):
        data, packed = b"", b""
    if hashlib.blake2b(data, digest_size=16).digest() != packed[:16]:
        raise StoreError("what the store holds is not what was written; write the index again")
    return data


def _text_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
