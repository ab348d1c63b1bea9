"""Zip files read with care: how much they may unpack to, and the XML in them without entities, DTDs or network."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from .errors import LoadError

MAX_MEMBERS = 10_000
MAX_UNPACKED = 512 * 1024 * 1024
"""Bytes that all members of a zip file may have together, unpacked."""

MAX_RATIO, FREE_BYTES = 200, 4 * 1024 * 1024
"""A member may unpack to so many times its size; small ones, up to FREE_BYTES, to more."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others take memory before they give a byte
_ENCRYPTED = 0x1


def open_zip(data: bytes, name: str) -> zipfile.ZipFile:
    """A zip file whose directory is sound. Raises LoadError: no zip file, too many members, too large unpacked."""
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
        members = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError, RecursionError) as error:
        raise LoadError(f"{name}: not readable as a zip file ({' '.join(str(error).split())}); save it anew") from error
    if len(members) > MAX_MEMBERS:
        raise LoadError(f"{name}: {len(members):,} files in it, more than the {MAX_MEMBERS:,} that one may hold; split it")
    total = sum(member.file_size for member in members)
    if total > MAX_UNPACKED:
        raise LoadError(f"{name}: unpacks to {total / 2**20:,.0f} MB, more than the {MAX_UNPACKED // 2**20} MB allowed; split it")
    return package


def why_not_member(member: zipfile.ZipInfo, most: int) -> str:
    """The reason why a member of a zip file is not read, or "". `most` is the bytes it may have."""
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link in an archive; links are not followed"
    if member.flag_bits & _ENCRYPTED:
        return "encrypted; it needs a password: pack it without one"
    if member.compress_type not in _METHODS:
        return "packed in an uncommon way; pack it with ordinary zip"
    if member.file_size > most:
        return f"{member.file_size / 2**20:.1f} MB, more than the {most // 2**20} MB that one file may have; split it"
    if member.file_size > FREE_BYTES and member.file_size > MAX_RATIO * max(1, member.compress_size):
        return f"unpacks to {member.file_size:,} bytes from {member.compress_size:,}, as no document does; not unpacked"
    return ""


def read_member(package: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, most: int) -> bytes:
    """The bytes of a member, never more than `most`. Raises LoadError."""
    if reason := why_not_member(member, most):
        raise LoadError(f"{name}: {reason}")
    try:
        with package.open(member) as file:
            data = file.read(min(most, member.file_size) + 1)
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise LoadError(f"{name}: cannot be unpacked ({' '.join(str(error).split())}); pack it anew") from error
    if len(data) > member.file_size:
        raise LoadError(f"{name}: unpacks to more than it says; not read")
    return data


def xml_part(package: zipfile.ZipFile, part: str, name: str) -> Any:
    """The root element of an XML part of an office file, or None where there is no such part. Raises LoadError."""
    try:
        member = package.getinfo(part)
    except KeyError:
        return None
    return parse_xml(read_member(package, member, name, MAX_UNPACKED), name)


def parse_xml(data: bytes, name: str) -> Any:
    """The root element of XML. A document type, in which entities grow, is refused. Raises LoadError."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise LoadError(f"{name}: damaged: its XML is not well formed ({' '.join(str(error).split())}); save it anew") from error
    if root.getroottree().docinfo.doctype:
        raise LoadError(f"{name}: its XML declares a document type, which office files have not; save it anew")
    return root


def check_parts(package: zipfile.ZipFile, name: str, wanted: Callable[[str], bool]) -> None:
    """Read every wanted part once, within its limits, so that a library may then unpack them. Raises LoadError."""
    total = 0
    for member in package.infolist():
        if wanted(member.filename):
            data = read_member(package, member, name, MAX_UNPACKED)
            total += len(data)
            if total > MAX_UNPACKED:
                raise LoadError(f"{name}: unpacks to more than the {MAX_UNPACKED // 2**20} MB allowed")
            if member.filename.endswith((".xml", ".rels")) and data.strip():
                parse_xml(data, name)
