"""`python -m index`: build the index, say what is in it, prove that it is whole, show a document's text, go back to another.

Exit status: 0 well; 1 an error, in one line on standard error; 3 (`status`) the index is older than the sources;
130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from .addresses import Published, absolute, open_store
from .bars import Bars
from .build import DEFAULT_SOURCES, build_index, changes
from .cluster import encode_on
from .comparison import compare
from .copying import copy_index
from .duplicates import copies_in_words
from .embed import SentenceTransformerEncoder
from .errors import IndexMissing, QAError, QuestionError
from .history import generations, roll_back
from .lines import (
    change_counts,
    change_lines,
    comparison_lines,
    document_lines,
    generation_lines,
    one_line,
    remark_lines,
    removal_lines,
)
from .load import scan_sources
from .passage_store import Store
from .publish import KEPT_GENERATIONS, LEAST_KEPT, unfinished
from .published import CURRENT, DEFAULT_INDEX, is_store, name_before, read_published
from .records import Changes
from .removals import Confirm, Removals, few
from .store import Index, open_index
from .verify import check_spans
from .watch import build_when_settled, rests

STALE, INTERRUPTED = 3, 130
PATIENCE = 3600.0  # seconds that a watched folder's build waits for another one, which may have begun before the last change


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except QAError as error:
        print(f"error: {one_line(str(error))}", file=sys.stderr)
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
    build.add_argument(
        "--watch", action="store_true", help="go on: build again whenever the folder has come to rest after a change"
    )
    build.add_argument(
        "--allow-removals", "--yes", "-y", action="store_true", help="drop documents that have disappeared, however many, unasked"
    )
    build.add_argument(
        "--keep",
        type=_kept,
        default=KEPT_GENERATIONS,
        metavar="N",
        help="generations to keep, the new one among them (default: %(default)s)",
    )
    build.add_argument(
        "--exact",
        action=argparse.BooleanOptionalAction,
        help="search exactly however many passages there are (default: as before)",
    )
    build.add_argument(
        "--workers",
        type=_workers,
        metavar="N",
        help="embed in N processes, or on the Dask cluster with the scheduler tcp://HOST:PORT",
    )
    build.add_argument("--store", metavar="ADDRESS", help="also write the index into a store of another engine, see the README")
    status = command("status", _status, "Say what is in the index, what was left out and why, and what has changed since.")
    verify = command("verify", _verify, "Check every file and every span of the index, and compare it with the sources.")
    for added in (status, verify):
        added.add_argument("--sources", type=Path, metavar="DIR", help="default: the folder that the index was built from")
    verify.add_argument(
        "--generation", metavar="NAME", help="check this one, and not the sources (default: the one that answers)"
    )
    command("list", _list, "List the generations that are kept; * marks the one that answers.")
    diff = command("diff", _diff, "Say which documents and passages came and went from one generation to another.")
    diff.add_argument("old", nargs="?", metavar="OLD", help="default: the one that answered before NEW")
    diff.add_argument("new", nargs="?", metavar="NEW", help="default: the one that answers")
    diff.add_argument("--json", action="store_true", help="as JSON, with the whole passages")
    back = command("rollback", _rollback, "Make a generation answer again; the newer ones are kept.")
    back.add_argument("generation", nargs="?", metavar="NAME", help="default: the one that answered before")
    text = command("text", _text, "Print the text of a document, exactly as citations count its characters.")
    text.add_argument("document", help="its path below the sources folder")
    copy = command(
        "copy", _copy, "Copy an index to another engine or back, without embedding again; what is there already stays."
    )
    copy.add_argument("source", metavar="FROM", help="a folder or a store")
    copy.add_argument("target", metavar="TO", help="a folder or a store")
    return parser


def _kept(value: str) -> int:
    """A number of generations, for argparse."""
    if int(value) < LEAST_KEPT:
        raise argparse.ArgumentTypeError(f"found {value}, expected {LEAST_KEPT} or more")
    return int(value)


def _workers(value: str) -> str:
    """A number of processes or the address of a scheduler, for argparse."""
    if not (value.isdecimal() and int(value) > 0 or value.startswith(("tcp://", "tls://"))):
        raise argparse.ArgumentTypeError(f"found {value}, expected a number from 1 on or tcp://HOST:PORT")
    return value


def _how(options: argparse.Namespace) -> dict[str, Any]:
    """The arguments of a build that come from the command line as they are."""
    make = partial(SentenceTransformerEncoder, options.model)
    elsewhere = {"encode": partial(encode_on, options.workers, make)} if options.workers else {}
    return {"encoder": make(), "keep": options.keep, "exact": options.exact, **elsewhere}


def _build(options: argparse.Namespace) -> int:
    if options.watch:
        return _watch(options)
    try:
        with Bars() as bars:
            report = build_index(
                options.sources, options.index, progress=bars, confirm_removals=_confirming(options, bars), **_how(options)
            )
    except KeyboardInterrupt:
        kept = "the index before still answers" if (options.index / CURRENT).is_file() else "there is no index yet"
        goes_on = ", and the next build goes on with what was encoded" if unfinished(options.index) else ""
        print(f"cancelled; {kept}{goes_on}", file=sys.stderr)
        return INTERRUPTED
    if report.published:
        print(f"built {options.index} in {report.seconds:.1f} s: {_counts(report)}")
        print(f"{report.reused:,} documents unchanged, {report.embedded:,} texts embedded")
        if report.changes:
            print(f"since the index before: {change_counts(report.changes)}")
            _print(change_lines(Changes(removed=report.removed, renamed=report.renamed, left_out=report.changes.left_out)))
    else:
        print(f"{options.index} is up to date: {_counts(report)}")
    _print(remark_lines([(s.path, s.reason) for s in report.skipped], report.notes))
    if options.store:
        print(_copied(options.index, options.store))
    return 0


def _copy(options: argparse.Namespace) -> int:
    print(_copied(options.source, options.target))
    return 0


def _copied(source: Path | str, target: str) -> str:
    """Copy an index; what was done, in words."""
    with closing(open_store(source)) as from_, closing(_another(source, target)) as to, Bars() as bars:
        return f"{target} holds {copy_index(from_, to, lambda done, of: bars('copying', done, of))}"


def _another(source: Path | str, target: str) -> Store:
    """The place to copy to, which is not the one to copy from."""
    if absolute(source) == absolute(target):
        raise QuestionError(f"found {target} twice, expected an index to copy and another place to copy it to")
    return open_store(target)


def _confirming(options: argparse.Namespace, bars: Bars | None = None) -> Confirm:
    """Names the documents that have disappeared; whoever sits at a terminal where they see `bars` is asked whether to drop them."""

    def confirm(removals: Removals) -> bool:
        if bars:
            bars.close()
        _print(removal_lines(removals.documents))
        if options.allow_removals or not (bars and sys.stdin.isatty() and sys.stdout.isatty()):
            return options.allow_removals or few(removals)
        question = f"Drop {len(removals.documents):,} of {removals.of:,} documents from the index? [y/N] "
        try:
            return input(question).strip().lower() in ("y", "yes")
        except EOFError:
            return False

    return confirm


def _watch(options: argparse.Namespace) -> int:
    scan_sources(options.sources)  # a folder or a store that is not there is an error now, and one that goes later is waited for
    if options.store:
        _another(options.index, options.store).close()
    how = _how(options)

    def build() -> Iterator[str]:
        confirm = _confirming(options)
        report = build_index(options.sources, options.index, confirm_removals=confirm, wait=PATIENCE, **how)
        done = f"built in {report.seconds:.1f} s" if report.published else "up to date"
        since = f"; {change_counts(report.changes)}" if report.changes else ""
        yield f"{done}: {_counts(report)}{since}"
        if options.store:
            yield _copied(options.index, options.store)

    def tell(words: str) -> None:
        print(f"{datetime.now():%H:%M:%S} {one_line(words)}", flush=True)

    build_when_settled(rests(options.sources, options.index), build, tell)
    return 0


def _status(options: argparse.Namespace) -> int:
    index = Published(options.index).open()
    manifest = index.manifest
    print(f"index       {options.index}, generation {index.name}, created {manifest['created']}")
    print(f"model       {manifest['encoder']['fingerprint']}")
    encoder = SentenceTransformerEncoder()
    if encoder.fingerprint == manifest["encoder"]["fingerprint"]:
        print(f"runs on     {one_line(encoder.runs_on)}")
    print(f"search      {index.search}")
    copies = f" ({manifest['counts']['copies']:,} nearly the same as another)" if manifest["counts"]["copies"] else ""
    print(f"holds       {manifest['counts']['documents']:,} documents{copies}, {manifest['counts']['passages']:,} passages, "
          f"{manifest['counts']['sentences']:,} sentences")  # fmt: skip
    if left := sum(p.stat().st_size for place in unfinished(options.index) for p in place.iterdir()):
        print(f"unfinished  a build was stopped; the next one goes on with what it had encoded ({left / 2**20:,.1f} MB)")
    _print(document_lines(index))
    print()
    variants = copies_in_words([d.id for d in index.documents], [d.copy_of for d in index.documents])
    _print(remark_lines([(s["path"], s["reason"]) for s in manifest["skipped"]], [*manifest["notes"], *variants]))
    if is_store(options.index):
        return 0
    found = _changes_since(index, options)
    if not found:
        print("fresh: the sources have not changed since")
        return 0
    print("stale: build the index again")
    _print(change_lines(found))
    return STALE


def _verify(options: argparse.Namespace) -> int:
    if is_store(options.index):
        stored = Published(options.index).open()
        print(f"whole: {check_spans(stored):,} spans of {len(stored.documents):,} documents in {stored.folder}")
        return 0
    index = open_index(options.index, whole=True, generation=options.generation)  # every checksum
    checked = check_spans(index)
    files = len(index.manifest["files"])
    print(f"whole: {files} files and their checksums, {checked:,} spans of {len(index.documents):,} documents")
    if options.generation:
        return 0
    found = _changes_since(index, options)
    if found:
        print("the sources have changed since; the index is whole but stale:")
        _print(change_lines(found))
    else:
        print("the sources are the ones that were indexed")
    return 0


def _text(options: argparse.Namespace) -> int:
    index = Published(options.index).open()
    if options.document not in index.numbers:
        known = ", ".join(list(index.numbers)[:10]) + (", …" if len(index.numbers) > 10 else "")
        raise QuestionError(f'no document "{options.document}" in {options.index}; it holds {known}')
    sys.stdout.flush()
    sys.stdout.buffer.write(index.text(index.numbers[options.document]).encode("utf-8"))  # bytes: no line end may change
    sys.stdout.flush()
    return 0


def _list(options: argparse.Namespace) -> int:
    _print(generation_lines(generations(options.index)))
    return 0


def _diff(options: argparse.Namespace) -> int:
    new = open_index(options.index, generation=options.new)
    old = options.old or name_before(read_published(options.index), new.name)
    if old is None:
        raise IndexMissing(f"{options.index}: no generation before {new.name} is kept; name the two to compare: OLD NEW")
    comparison = compare(open_index(options.index, generation=old), new)
    if options.json:
        print(json.dumps(comparison.to_dict(), ensure_ascii=False))
    else:
        _print(comparison_lines(comparison))
    return 0


def _rollback(options: argparse.Namespace) -> int:
    before = read_published(options.index)[0][0]
    index = roll_back(options.index, options.generation)
    counts = index.manifest["counts"]
    print(
        f"{index.name} answers, created {index.manifest['created']}: {counts['documents']:,} documents, {counts['passages']:,} passages"
    )
    if index.name != before:
        print(f"{before} is kept; it answers again after: python -m index rollback {before}")
    return 0


def _changes_since(index: Index, options: argparse.Namespace) -> Changes:
    try:
        return changes(options.sources or index.manifest["sources_folder"], options.index)
    except QAError as error:
        return Changes(reasons=(str(error),))


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _counts(report: Any) -> str:
    return f"{report.documents:,} documents, {report.passages:,} passages, {report.sentences:,} sentences"


if __name__ == "__main__":
    sys.exit(main())
