"""The shell: python -m qa ask | verify | batch | retrieve | evaluate."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import EvaluationError, QAError

from .reader import NONE, TRAINED, chosen_reader, load_beside

if TYPE_CHECKING:
    from index.where import Where

    from .answer import Answer
    from .assistant import Assistant
    from .record import Reply


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0, 1 after an error, 130 when interrupted."""
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except QAError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m qa", description="Answers that quote the documents and never invent.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--index",
        default=os.environ.get("QA_INDEX") or ".index",
        help="folder or store of the index (default: $QA_INDEX or .index)",
    )
    common.add_argument("--model", help="folder of another sentence-transformers model; the index must have been built with it")
    reading = argparse.ArgumentParser(add_help=False)
    reading.add_argument(
        "--reader", choices=(TRAINED, NONE), default=TRAINED, help="none: score by retrieval and late interaction alone"
    )
    filters = _filters()
    ask = commands.add_parser(
        "ask", parents=[common, reading, filters], help="answer a question, or hold a conversation when none is given"
    )
    ask.add_argument("question", nargs="?")
    ask.add_argument(
        "--history", action="append", default=[], metavar="QUESTION", help="an earlier question; may be repeated, oldest first"
    )
    ask.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    ask.add_argument(
        "--export", type=Path, metavar="FILE", help="write questions and quotations to a file: .md, .html, .docx or .json"
    )
    ask.set_defaults(run=_ask)
    verify = commands.add_parser("verify", help="prove every quotation of an export again, from the documents of today")
    verify.add_argument("export", type=Path, metavar="EXPORT", help="a file that --export wrote")
    verify.add_argument("--index", help="prove it from this index (default: $QA_INDEX or .index, unless --sources is given)")
    verify.add_argument("--sources", type=Path, metavar="DIR", help="prove it from the files in this folder")
    verify.set_defaults(run=_verify)
    batch = commands.add_parser(
        "batch", parents=[common, reading, filters], help="answer a sheet of questions with a table, each on its own"
    )
    batch.add_argument(
        "questions", metavar="QUESTIONS", help="a .csv or .tsv file with a column “question”; a .txt file or - with one a line"
    )
    batch.add_argument(
        "--out", type=Path, metavar="TABLE", help="a .csv, .tsv, .json, .md or .html file (default: CSV on standard output)"
    )
    batch.set_defaults(run=_batch)
    retrieve = commands.add_parser("retrieve", parents=[common, filters], help="print the passages nearest to a question")
    retrieve.add_argument("question")
    retrieve.add_argument("-k", type=int, default=5, help="how many (default: 5)")
    retrieve.add_argument("--json", action="store_true", help="print the hits as JSON")
    retrieve.set_defaults(run=_retrieve)
    evaluate = commands.add_parser(
        "evaluate", parents=[reading], help="measure against labelled data: questions, reading, follow-ups, retrieval"
    )
    evaluate.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a labelled set, or a folder of them")
    evaluate.add_argument(
        "--index",
        help="folder of the index that questions are asked of (default: one made of NAME/ for NAME-dev.jsonl and the like, "
        "where there is such a folder; else $QA_INDEX or .index)",
    )
    evaluate.add_argument("--model", help="folder of another sentence-transformers model")
    evaluate.add_argument("--limit", type=int, metavar="N", help="measure a fixed random sample of N rows of each larger set")
    evaluate.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    evaluate.add_argument(
        "--json", type=Path, metavar="OUT", help="also write the measures, and answers to questions, to this file"
    )
    evaluate.set_defaults(run=_evaluate)
    return parser


def _filters() -> argparse.ArgumentParser:
    """The options that leave only some of the documents."""
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group(
        "search only in", "several values of one option are alternatives, several options must all hold"
    )
    group.add_argument("--document", action="append", metavar="ID", help="this document; may be repeated, as the others may")
    group.add_argument("--publisher", action="append", help="documents of this publisher")
    group.add_argument("--author", action="append", help="documents of this author")
    group.add_argument("--since", metavar="DATE", help="documents of this YYYY, YYYY-MM or YYYY-MM-DD or later; not repeated")
    group.add_argument("--until", metavar="DATE", help="documents of this date or earlier; not repeated")
    group.add_argument("--language", action="append", metavar="TAG", help="documents in this language; en takes in en-GB")
    group.add_argument("--folder", action="append", help="documents anywhere below this folder, or in this archive")
    return parser


def _where(parsed: argparse.Namespace) -> Where | None:
    from dataclasses import fields

    from index.where import Where, where_of

    return where_of({field.name: getattr(parsed, field.name) for field in fields(Where)})


def _open(parsed: argparse.Namespace) -> Assistant:
    from index.addresses import Published
    from index.embed import SentenceTransformerEncoder

    published = Published(parsed.index)
    published.current()  # a missing index is told before a model is loaded
    encoder = SentenceTransformerEncoder(parsed.model)
    reader = chosen_reader(getattr(parsed, "reader", NONE), encoder)
    load_beside(encoder, reader)  # and meanwhile what follows
    from .assistant import Assistant

    return Assistant(published, encoder, reader)


def _ask(parsed: argparse.Namespace) -> int:
    from .plain import answer_terminal

    if parsed.export:
        from .export import check_path

        check_path(parsed.export)  # told before anything is asked
    where = _where(parsed)
    assistant = _open(parsed)
    if parsed.question is None:
        return _converse(assistant, where, parsed.export)
    answer = assistant.ask(parsed.question, parsed.history, where=where)
    if parsed.export:
        _write_export([_recorded(assistant, answer)], parsed.export)
    if parsed.json:
        _print_json(answer.to_dict())
    else:
        print(answer_terminal(answer))
    return 0


def _converse(assistant: Assistant, where: Where | None, export: Path | None) -> int:
    """A conversation on the terminal, all of it exported at its end, however it ends."""
    assistant.searched(where)  # a filter that cannot be is told before anything is asked
    replies: list[Reply] = []
    try:
        _questions_and_answers(assistant, where, replies if export else None)
    finally:
        if export and replies:
            _write_export(replies, export)
    if export and not replies:
        print(f"{export}: not written, since nothing was answered", file=sys.stderr)
    return 0


def _questions_and_answers(assistant: Assistant, where: Where | None, replies: list[Reply] | None) -> None:
    """One question a line, an empty line or end of input ends it. What is to be exported is added to `replies`."""
    from .chat import Conversation
    from .plain import answer_terminal

    conversation = Conversation()
    print("Ask about the documents. An empty line ends the conversation.", file=sys.stderr)
    while True:
        try:
            question = input("? ").strip()
        except EOFError:
            return
        if not question:
            return
        try:
            answer = assistant.ask(question, conversation.history, where=where)
            if replies is not None:
                replies.append(_recorded(assistant, answer))
        except QAError as error:
            print(f"error: {error}", file=sys.stderr)
            continue
        conversation = conversation.add(answer)
        print(answer_terminal(answer), end="\n\n")


def _recorded(assistant: Assistant, answer: Answer) -> Reply:
    from .record import recorded

    return recorded(answer, assistant.index)


def _write_export(replies: Sequence[Reply], path: Path) -> None:
    from datetime import date

    from .export import write_export
    from .record import Record

    write_export(Record(replies=tuple(replies), made=date.today().isoformat()), path)
    print(f"{path}: written; prove it with: python -m qa verify {shlex.quote(str(path))}", file=sys.stderr)


def _verify(parsed: argparse.Namespace) -> int:
    from index.addresses import Published

    from .export import read_export
    from .verify import Documents, IndexedDocuments, SourceDocuments, report, verify

    export = read_export(parsed.export)
    collections: list[Documents] = [SourceDocuments(parsed.sources)] if parsed.sources else []
    if parsed.index or not collections:
        collections.append(IndexedDocuments(Published(parsed.index or os.environ.get("QA_INDEX") or ".index").open()))
    verification = verify(export, collections)
    print(report(verification))
    return 0 if verification.holds else 1


def _batch(parsed: argparse.Namespace) -> int:
    from tqdm import tqdm

    from .answer import BEST_FIRST
    from .batch import Row, answers_to
    from .sheet import open_sheet
    from .tables import checked_table, write_table

    if parsed.out:
        checked_table(parsed.out, parsed.questions)
    sheet = open_sheet(parsed.questions)
    where = _where(parsed)
    assistant, told = _open(parsed), Counter[str]()

    def counted() -> Iterator[Row]:
        for row in answers_to(sheet, assistant, where):
            yield row
            told[row.answer.verdict if row.answer else "not asked"] += 1
            bar.update()

    with sheet.file, tqdm(total=sheet.size, desc="questions", disable=None, file=sys.stderr, leave=False) as bar:
        try:
            write_table(counted(), parsed.out, sheet.others, sheet.delimiter)
        finally:
            verdicts = ", ".join(f"{told[name]:,} {name.replace('_', ' ')}" for name in (*BEST_FIRST, "not asked") if told[name])
            where = f"; {parsed.out}" if parsed.out else ""
            bar.write(f"{told.total():,} of {sheet.size:,} questions: {verdicts or 'none'}{where}", file=sys.stderr)
    return 0


def _retrieve(parsed: argparse.Namespace) -> int:
    where = _where(parsed)
    hits = _open(parsed).retrieve(parsed.question, parsed.k, where=where)
    if parsed.json:
        _print_json([hit.to_dict() for hit in hits])
        return 0
    for hit in hits:
        print(f"{hit.rank}. {hit.document} [{hit.start}, {hit.end})  score {hit.score:.4f}")
        print("   " + " ".join(hit.text.split()))
    return 0


def _evaluate(parsed: argparse.Namespace) -> int:
    from index.addresses import Published
    from index.embed import SentenceTransformerEncoder

    from .labelled import find_sets
    from .report import collection_beside, details, heading, line, measure, write_json

    if parsed.limit is not None and parsed.limit < 1:
        raise EvaluationError(f"--limit is {parsed.limit}, expected 1 or more")
    sets = [found for path in parsed.paths for found in find_sets(path)]
    default = Path(os.environ.get("QA_INDEX") or ".index")
    indexes = [Path(parsed.index) if parsed.index else None if collection_beside(found.path) else default for found in sets]
    for found, index in zip(sets, indexes, strict=True):
        if found.form == "questions" and index:
            Published(index).current()  # a missing index is told before a model is loaded
    encoder = SentenceTransformerEncoder(parsed.model)
    reader = chosen_reader(parsed.reader, encoder)
    in_detail = len(sets) == 1 and sets[0].form == "questions" and not parsed.markdown
    if not in_detail:
        print(heading(markdown=parsed.markdown))
    results = []
    for found, index in zip(sets, indexes, strict=True):
        results.append(measure(found, encoder, index, parsed.limit, reader))
        print(details(results[-1]) if in_detail else line(results[-1], markdown=parsed.markdown), flush=True)
    if parsed.json:
        write_json(results, parsed.json)
    return 0


def _print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.exit(main())
