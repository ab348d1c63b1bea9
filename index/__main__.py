"""`python -m index`: build the index, say what is in it, prove that it is whole, show a document's text.

Exit status: 0 well; 1 an error, in one line on standard error; 3 (`status`) the index is older than the sources;
130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .build import DEFAULT_INDEX, DEFAULT_SOURCES, Changes, build_index, changes
from .duplicates import copies_in_words
from .embed import SentenceTransformerEncoder
from .errors import QAError, QuestionError
from .publish import unfinished
from .store import CURRENT, Index, open_index
from .verify import check_spans

STALE, INTERRUPTED = 3, 130
_EXCERPT = 70  # characters of a left-out block shown by `status`


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except QAError as error:
        print(f"error: {_one_line(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, `head` for instance, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m index", description="Build and inspect the index of a folder of documents.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    default = Path(os.environ.get("QA_INDEX") or DEFAULT_INDEX)

    def command(name: str, run: Any, about: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about)
        added.add_argument("--index", type=Path, default=default, metavar="DIR", help=f"the index (default: {default})")
        added.set_defaults(run=run)
        return added

    build = command("build", _build, "Index the documents of a folder; what did not change is carried over.")
    build.add_argument("sources", type=Path, nargs="?", default=DEFAULT_SOURCES, help="default: %(default)s")
    build.add_argument("--model", metavar="PATH", help="a sentence-transformers model folder (default: the packaged model)")
    status = command("status", _status, "Say what is in the index, what was left out and why, and what has changed since.")
    verify = command("verify", _verify, "Check every file and every span of the index, and compare it with the sources.")
    for added in (status, verify):
        added.add_argument("--sources", type=Path, metavar="DIR", help="default: the folder that the index was built from")
    text = command("text", _text, "Print the text of a document, exactly as citations count its characters.")
    text.add_argument("document", help="its path below the sources folder")
    return parser


def _build(options: argparse.Namespace) -> int:
    try:
        with _Bars() as bars:
            report = build_index(options.sources, options.index, encoder=SentenceTransformerEncoder(options.model), progress=bars)
    except KeyboardInterrupt:
        kept = "the index before still answers" if (options.index / CURRENT).is_file() else "there is no index yet"
        goes_on = ", and the next build goes on with what was encoded" if unfinished(options.index) else ""
        print(f"cancelled; {kept}{goes_on}", file=sys.stderr)
        return INTERRUPTED
    if report.published:
        print(f"built {options.index} in {report.seconds:.1f} s: {_counts(report)}")
        print(f"{report.reused:,} documents unchanged, {report.embedded:,} texts embedded")
    else:
        print(f"{options.index} is up to date: {_counts(report)}")
    _print_remarks([(s.path, s.reason) for s in report.skipped], report.notes)
    return 0


def _status(options: argparse.Namespace) -> int:
    index = open_index(options.index)
    manifest = index.manifest
    print(f"index       {options.index}, generation {index.name}, created {manifest['created']}")
    print(f"model       {manifest['encoder']['fingerprint']}")
    print(f"holds       {manifest['counts']['documents']:,} documents, {manifest['counts']['passages']:,} passages, "
          f"{manifest['counts']['sentences']:,} sentences")  # fmt: skip
    if left := sum(p.stat().st_size for place in unfinished(options.index) for p in place.iterdir()):
        print(f"unfinished  a build was stopped; the next one goes on with what it had encoded ({left / 2**20:,.1f} MB)")
    for number, document in enumerate(index.documents):
        print(f"\n{document.id}")
        for key, value in (
            ("title", document.title),
            *((k, getattr(document.metadata, k)) for k in ("publisher", "author", "date")),
        ):
            print(f"  {key:<9} {_one_line(value or 'unknown')}{' (the file says so)' if key in document.from_file else ''}")
        if document.copy_of is not None:
            print(f"  copy      nearly the same text as {index.documents[document.copy_of].id}, counted once")
        for note in document.notes:
            print(f"  note      {_one_line(note)}")
        text = index.text(number)
        for part in document.left_out:
            print(f"  left out  [{part.span.start}, {part.span.end}) {part.reason}: {_excerpt(part.span.of(text))}")
    print()
    copies = copies_in_words([d.id for d in index.documents], [d.copy_of for d in index.documents])
    _print_remarks([(s["path"], s["reason"]) for s in manifest["skipped"]], [*manifest["notes"], *copies])
    found = _changes_since(index, options)
    if not found:
        print("fresh: the sources have not changed since")
        return 0
    print("stale: build the index again")
    _print_changes(found)
    return STALE


def _verify(options: argparse.Namespace) -> int:
    index = open_index(options.index, whole=True)  # every checksum
    checked = check_spans(index)
    files = len(index.manifest["files"])
    print(f"whole: {files} files and their checksums, {checked:,} spans of {len(index.documents):,} documents")
    found = _changes_since(index, options)
    if found:
        print("the sources have changed since; the index is whole but stale:")
        _print_changes(found)
    else:
        print("the sources are the ones that were indexed")
    return 0


def _text(options: argparse.Namespace) -> int:
    index = open_index(options.index)
    if options.document not in index.numbers:
        known = ", ".join(list(index.numbers)[:10]) + (", …" if len(index.numbers) > 10 else "")
        raise QuestionError(f'no document "{options.document}" in {options.index}; it holds {known}')
    sys.stdout.flush()
    sys.stdout.buffer.write(index.text(index.numbers[options.document]).encode("utf-8"))  # bytes: no line end may change
    sys.stdout.flush()
    return 0


def _changes_since(index: Index, options: argparse.Namespace) -> Changes:
    try:
        return changes(options.sources or index.manifest["sources_folder"], options.index)
    except QAError as error:
        return Changes(reasons=(str(error),))


def _print_changes(found: Changes) -> None:
    for word, names in (("added", found.added), ("changed", found.changed), ("removed", found.removed)):
        for name in names:
            print(f"  {word:<8} {name}")
    for reason in found.reasons:
        print(f"  {_one_line(reason)}")


def _print_remarks(skipped: Sequence[tuple[str, str]], notes: Sequence[str]) -> None:
    for path, reason in skipped:
        print(f"not indexed: {_one_line(path)}: {_one_line(reason)}")
    for note in notes:
        print(f"note: {_one_line(note)}")


def _counts(report: Any) -> str:
    return f"{report.documents:,} documents, {report.passages:,} passages, {report.sentences:,} sentences"


def _excerpt(text: str) -> str:
    line = _one_line(text)
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"


def _one_line(text: str) -> str:
    """White space collapsed and control characters made visible, so that no file's words can act on a terminal."""
    return "".join(c if c.isprintable() or c == "\u00a0" else repr(c)[1:-1] for c in " ".join(text.split()))


class _Bars:
    """Progress of a build as bars on standard error, one a step; nothing where that is no terminal."""

    def __init__(self) -> None:
        self._step, self._bar = "", None  # type: ignore[var-annotated]

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, step: str, done: int, total: int) -> None:
        from tqdm import tqdm

        if self._bar is None or step != self._step:
            self.__exit__()
            self._step, self._bar = step, tqdm(total=total, desc=step, disable=None, file=sys.stderr, leave=False)
        self._bar.update(done - self._bar.n)


if __name__ == "__main__":
    sys.exit(main())
