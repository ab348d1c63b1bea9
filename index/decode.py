"""Bytes to text: UTF-8 and UTF-16 for certain, other encodings where their characters leave no doubt, else a refusal."""

from __future__ import annotations

import codecs

from .errors import LoadError

MAX_CONTROL_SHARE = 0.02
"""More control characters than this share of a text, and it is data rather than writing."""

MIN_GUESSED, MIN_SIGNS = 60, 2
"""An encoding is told from its characters only in a file of so many bytes, so many of them outside ASCII."""

LOOKED_AT = 200_000
"""Bytes of a file from which its encoding is told."""

_CLOSE_MESS, _CLOSE_SENSE = 0.02, 0.05  # within these two encodings are equally likely
_WRITING_CONTROLS = set("\t\n\r\f\v\x85")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = frozenset("‘’“”‚„–—…•·£€©®™°§«»¿¡½¼¾²³´¨\u00a0ß" + "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœšžÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝŒŠŽ")


def decode(data: bytes, name: str) -> tuple[str, str]:
    """The text of a file and a note on its encoding, "" for UTF-8, which is decoded unchanged (a byte-order mark stays).

    Raises LoadError: binary data, an encoding that cannot be told, hardly anything but control characters, nothing at all.
    """
    text, note = _decoded(data, name)
    controls = sum(1 for c in text if (c < " " or "\x7f" <= c <= "\x9f") and c not in _WRITING_CONTROLS)
    if controls > MAX_CONTROL_SHARE * len(text):
        raise LoadError(f"{name}: {controls:,} of {len(text):,} characters are control characters; expected writing")
    if not any(c.isalnum() for c in text):
        raise LoadError(f"{name}: empty: it holds no letter or digit; nothing to index")
    return text, note


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), f"read as {encoding.upper()}, by its byte-order mark"
            except UnicodeDecodeError as error:
                raise LoadError(
                    f"{name}: its byte-order mark says {encoding.upper()}, which fails at byte {error.start}; save the file as UTF-8"
                ) from error
    if b"\x00" in data:
        return _without_mark(data, name)
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError as error:
        return _guessed(data, name, error)


def _without_mark(data: bytes, name: str) -> tuple[str, str]:
    """UTF-16 without its mark: every second byte of Western writing is then zero, and no other."""
    for encoding, zeros, others in (("utf-16-le", data[1::2], data[::2]), ("utf-16-be", data[::2], data[1::2])):
        if len(data) % 2 == 0 and zeros.count(0) > 0.6 * len(zeros) and b"\x00" not in others:
            try:
                return data.decode(encoding), f"read as {encoding.upper()}, by its zero bytes"
            except UnicodeDecodeError:
                break
    where = f"with a zero byte at byte {data.index(0)}"
    raise LoadError(f"{name}: binary, {where}; expected text (if it is UTF-16, save it as UTF-8)")


def _guessed(data: bytes, name: str, error: UnicodeDecodeError) -> tuple[str, str]:
    """The text in the one encoding that its characters speak for. Raises LoadError when there is no such."""
    where = f"{name}: not UTF-8: byte 0x{data[error.start]:02x} at byte {error.start}"
    cure = "save the file as UTF-8 and build again"
    sample = data[:LOOKED_AT]
    if len(data) < MIN_GUESSED or sum(byte > 127 for byte in sample) < MIN_SIGNS:
        raise LoadError(f"{where}, and too little to tell which encoding it is; {cure}") from error
    likely = _likely(sample)
    if not likely:
        raise LoadError(f"{where}, and no encoding is recognised; {cure}") from error
    if "cp1252" in likely and {c for c in sample.decode("cp1252") if c > "\x7f"} <= _WESTERN:
        likely = ["cp1252"]
    if len(likely) > 1:
        raise LoadError(f"{where}; it may be {' or '.join(likely[:3])}, which differ in what they read; {cure}") from error
    try:
        return data.decode(likely[0]), f"not UTF-8: read as {likely[0]}, as its characters suggest"
    except UnicodeDecodeError as failed:
        raise LoadError(f"{where}; it begins like {likely[0]}, which fails at byte {failed.start}; {cure}") from failed


def _likely(sample: bytes) -> list[str]:
    """The encodings that are about as likely as the best and read the sample in different ways, best first."""
    import charset_normalizer

    found = list(charset_normalizer.from_bytes(sample))
    if not found:
        return []
    best = found[0]
    close = [
        match.encoding
        for match in found
        if match.chaos <= best.chaos + _CLOSE_MESS and match.coherence >= best.coherence - _CLOSE_SENSE
    ]
    if "cp1252" not in close and set(best.could_be_from_charset) & {"cp1252", "latin_1"}:
        close.insert(0, "cp1252")
    readings: dict[str, str] = {}
    for encoding in sorted(close, key=lambda e: e != "cp1252"):
        readings.setdefault(sample.decode(encoding, "replace"), encoding)
    return [readings[text] for text in readings]
