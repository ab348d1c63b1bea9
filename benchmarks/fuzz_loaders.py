"""Feed every loader with damaged and random files, and check that each ends within its limits with a document or a reason.

    python benchmarks/fuzz_loaders.py --count 2000

For every suffix that is read, small files with all that its loader knows are made and then damaged: bytes flipped, cut out, doubled,
put in the place of others, the file cut short, parts of two joined; of zip files also the members, packed again. Every
tenth input is nothing but random bytes. Each is read as a build would read it, by workers with their limits; it must give
documents whose blocks and places fit their texts, or a reason of one line that names the file. The last line is the result; the exit status is
1 on any failure.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from index.archives import ARCHIVE  # noqa: E402
from index.load import LOADERS, Source, contents_of  # noqa: E402
from index.records import Document  # noqa: E402
from index.segment import segment  # noqa: E402
from index.workers import Worker  # noqa: E402

WORDS = "The bridge was closed in May, and “nobody” said why. It cost £1,200.\n"
PAGE = f"""<html lang="en"><head><title>On bridges</title></head><body><h1 id="a">Bridges</h1><p>{WORDS}</p>
<ul><li>one</li><li>two<ul><li>three</li></ul></li></ul><table><tr><td>a</td><td>b</td></tr></table><p>{WORDS * 5}</p></body></html>"""


def make_pdf() -> bytes:
    """A PDF with text in two columns, a table, a list, and two pages."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, pageCompression=0)
    for page in range(2):
        canvas.drawString(72, 800, f"Report {page}")
        for line in range(12):
            canvas.drawString(72, 700 - 13 * line, "The bridge was closed and nobody said")
            canvas.drawString(320, 700 - 13 * line, "why it was, for all that they knew-")
        for column, x in enumerate((72, 200, 300)):
            canvas.drawString(x, 300, f"cell {column}")
            canvas.drawString(x, 280, f"{column * 100}")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def make_docx() -> bytes:
    """A Word file with headings, a list and a table."""
    import docx

    document = docx.Document()
    document.add_heading("Bridges", 1)
    document.add_paragraph(WORDS)
    document.add_paragraph("one", style="List Bullet")
    document.add_table(2, 2).cell(0, 0).text = "cell"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def make_odt() -> bytes:
    """An OpenDocument text with a heading, a paragraph and a list."""
    names = {"office": "office", "text": "text", "table": "table"}
    spaces = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for p, n in names.items())
    body = f"<text:h text:outline-level='1'>Bridges</text:h><text:p>{WORDS}</text:p><text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
    content = f"<office:document-content {spaces}><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    return packed({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": content.encode()})


def packed(members: dict[str, bytes]) -> bytes:
    """A zip file of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


def seeds() -> dict[str, list[bytes]]:
    """By suffix: good files."""
    front = f"---\ntitle: On bridges\ndate: 2020-01-02\n---\n# Bridges\n\n{WORDS * 3}\n- one\n- two\n".encode()
    table = b'School,Pupils\r\n"Oak, the first",310\r\nElm,"1,204"\r\n'
    made = {
        ".txt": [(WORDS * 5).encode(), (WORDS * 5).encode("cp1252"), (WORDS * 5).encode("utf-16")],
        ".md": [front],
        ".csv": [table],
        ".tsv": [table.replace(b",", b"\t")],
        ".pdf": [make_pdf()],
        ".docx": [make_docx()],
        ".odt": [make_odt()],
        **{suffix: [PAGE.encode(), PAGE.encode("cp1252")] for suffix in (".html", ".htm", ".xhtml")},
    }
    made[ARCHIVE] = [packed({f"a/{number}{suffix}": files[0] for number, (suffix, files) in enumerate(made.items())})]
    assert set(made) == {*LOADERS, ARCHIVE}, "a loader without a seed"
    return made


def damaged(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """A few random changes to a file."""
    if rng.random() < 0.1:
        return rng.randbytes(rng.randrange(400))
    if data.startswith(b"PK") and rng.random() < 0.6:
        return repacked(rng, data)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at, size = rng.randrange(len(changed) + 1), rng.choice((1, 1, 2, 8, 100))
        kind = rng.randrange(7)
        if kind == 0 and changed:
            changed[at % len(changed)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del changed[at : at + size]
        elif kind == 2:
            changed[at:at] = changed[at : at + size] * rng.choice((1, 2, 50))
        elif kind == 3:
            changed[at : at + size] = rng.randbytes(size)
        elif kind == 4:
            changed[at:at] = rng.choice(
                (b"<", b"&#0;", b'"', b"\x00", b"\xff", b"endobj", b"]]>", b"9" * 12, b"(" * 200, b"<div>" * 300)
            )
        elif kind == 5:
            begin = rng.randrange(len(other) + 1)
            changed[at:at] = other[begin : begin + 200]
        else:
            del changed[max(1, at) :]
    return bytes(changed)


def repacked(rng: random.Random, data: bytes) -> bytes:
    """A zip file with one member damaged and the whole packed anew, so that its checksums hold."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    name = rng.choice(sorted(members))
    members[name] = damaged(rng, members[name], members[rng.choice(sorted(members))])
    return packed(members)


def check(document: Document) -> None:
    """What a document must be: a text that can be stored, with blocks, places and sentences that fit it."""
    document.text.encode("utf-8")
    position = 0
    for block in document.blocks:
        assert position <= block.span.start < block.span.end <= len(document.text), "blocks"
        position = block.span.end
    position = 0
    for location in document.locations:
        assert position <= location.span.start < location.span.end <= len(document.text), "locations"
        position = location.span.end
    for sentence in segment(document.text, document.blocks)[1]:
        words = sentence.span.of(document.text)
        assert words and words == words.strip(), "sentences"


def fuzz(count: int, seed: int, seconds: float, say: Callable[[str], None] = print) -> list[str]:
    """Read `count` inputs of every suffix; returns what failed. `seconds` is the limit for each."""
    failures: list[str] = []
    with TemporaryDirectory() as folder, Worker(seconds=seconds) as worker:
        for suffix, files in seeds().items():
            rng = random.Random(f"{seed}{suffix}")
            path, outcomes, slowest = Path(folder) / f"fuzzed{suffix}", Counter[str](), 0.0
            for number in range(count):
                data = damaged(rng, rng.choice(files), rng.choice(files)) if number else files[0]
                path.write_bytes(data)
                started = time.perf_counter()
                try:
                    found = contents_of(Source(path.name, path), {}, worker)
                    for document in found.documents:
                        check(document)
                    assert found.documents or found.skipped, "neither a document nor a reason"
                    for left_out in found.skipped:
                        assert left_out.path.startswith(path.name) and left_out.reason and "\n" not in left_out.reason, left_out
                        outcomes["crashed or slow"] += "brought down" in left_out.reason or "took more than" in left_out.reason
                    outcomes["read"] += bool(found.documents)
                except Exception as error:  # any at all is a failure
                    failures.append(f"{suffix} input {number} of seed {seed}: {type(error).__name__}: {error}")
                slowest = max(slowest, time.perf_counter() - started)
            refused = count - outcomes["read"]
            say(
                f"{suffix:<7} {count} inputs: {outcomes['read']} read, {refused} refused, {outcomes['crashed or slow']} ended a worker, slowest {slowest:.2f} s"
            )
    return failures


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Feed every loader with damaged and random files.")
    parser.add_argument("--count", type=int, default=500, help="inputs for each suffix (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=30, help="limit for each input (default: %(default)s)")
    return parser


def main() -> int:
    options = make_parser().parse_args()
    failures = fuzz(options.count, options.seed, options.seconds)
    for failure in failures:
        print(f"failed: {failure}")
    print(f"{options.count * (len(LOADERS) + 1)} inputs, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
