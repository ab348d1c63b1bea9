"""Who may import whom: data flows one way, each heavy library has one owner, and no module grows past reading."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from conftest import ROOT

DEPTH = {
    "index.digest": 0,
    "index.duplicates": 0,
    "index.errors": 0,
    "index.files": 0,
    "index.progress": 0,
    "index.ocr": 0,
    "index.page_layout": 0,
    "index.records": 0,
    "index.states": 0,
    "index.words": 0,
    "index.boilerplate": 1,
    "index.decode": 1,
    "index.loaded": 1,
    "index.page_view": 1,
    "index.package": 1,
    "index.catalogue": 1,
    "index.sentences": 1,
    "index.speech": 1,
    "index.tokens": 1,
    "index.catalogue_edit": 2,
    "index.dense": 2,
    "index.embed": 2,
    "index.archives": 2,
    "index.load_table": 2,
    "index.load_text": 2,
    "index.page_text": 2,
    "index.passages": 2,
    "index.segment": 2,
    "index.sparse": 2,
    "index.workers": 2,
    "index.load_html": 3,
    "index.load_office": 3,
    "index.load_pdf": 3,
    "index.names": 3,
    "index.store": 3,
    "index.where": 4,
    "index.load": 4,
    "index.collection": 5,
    "index.vectors": 4,
    "index.verify": 4,
    "index.build": 5,
    "index.worker": 5,
    "index": 6,
    "index.__main__": 6,
    "qa.answer": 7,
    "qa.joint": 7,
    "qa.kinds": 7,
    "qa.labelled": 7,
    "qa.literal": 7,
    "qa.manage": 7,
    "qa.markup": 7,
    "qa.measures": 7,
    "qa.nearly": 7,
    "qa.within": 7,
    "qa.sheet": 7,
    "qa.whole": 7,
    "qa.anchor": 8,
    "qa.examples": 8,
    "qa.facts": 8,
    "qa.frame": 8,
    "qa.language": 8,
    "qa.network": 8,
    "qa.phrases": 8,
    "qa.retrieve": 8,
    "qa.plain": 8,
    "qa.several": 8,
    "qa.spelling": 8,
    "qa.talk": 8,
    "qa.leaning": 9,
    "qa.question": 9,
    "qa.reader": 9,
    "qa.record": 9,
    "qa.reference": 9,
    "qa.restate": 9,
    "qa.chat": 10,
    "qa.copying": 10,
    "qa.outline": 10,
    "qa.read": 10,
    "qa.web": 10,
    "qa.agree": 11,
    "qa.export_docx": 11,
    "qa.export_html": 11,
    "qa.export_markdown": 11,
    "qa.features": 11,
    "qa.render": 11,
    "qa.verdict": 11,
    "qa.verify": 11,
    "qa.viewer": 11,
    "qa.cite": 12,
    "qa.differ": 12,
    "qa.export": 12,
    "qa.shelf": 12,
    "qa.keep": 13,
    "qa.select": 13,
    "qa.assistant": 14,
    "qa": 15,
    "qa.batch": 15,
    "qa.evaluate": 15,
    "qa.serve": 15,
    "qa.panels": 16,
    "qa.tables": 16,
    "qa.evaluate_documents": 16,
    "qa.evaluate_followups": 16,
    "qa.evaluate_reading": 16,
    "qa.evaluate_retrieval": 16,
    "qa.converse": 17,
    "qa.many": 17,
    "qa.narrow": 16,
    "qa.report": 17,
    "qa.take": 17,
    "qa.layout": 18,
    "qa.programs": 18,
    "qa.__main__": 18,
    "app": 19,
}
"""A module imports only from a lower depth. A new module gets its row here."""

OWNERS = {
    "faiss": {"index.dense"},
    "bm25s": {"index.sparse"},
    "Stemmer": {"index.sparse"},
    "sentence_transformers": {"index.embed"},
    "transformers": {"index.embed"},
    "tokenizers": {"index.embed"},
    "torch": {"index.embed", "qa.network"},
    "safetensors": {"qa.network"},
    "filelock": {"index.files"},
    "tomlkit": {"index.catalogue_edit"},
    "gradio": {"app", "qa.layout", "qa.web"},
    "charset_normalizer": {"index.decode"},
    "lxml": {"index.package"},
    "pypdfium2": {"index.load_pdf", "index.page_view"},
    "trafilatura": {"index.load_html"},
    "yaml": {"index.load_text"},
    "docx": {"index.load_office", "qa.export_docx"},
    "markdown_it": {"qa.export_markdown"},
}
"""The one module that knows a library, and so the one that is changed when the library changes."""

LATE = {"qa.network"}
"""Modules that import a heavy library at once, and so are themselves imported only where they are needed."""

MAX_LINES = 350


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(p): p for p in [*(ROOT / "index").glob("*.py"), *(ROOT / "qa").glob("*.py"), ROOT / "app.py"] if p.is_file()}


def imports(name: str, *, top_level_only: bool = False) -> set[str]:
    """The modules that a module imports: ours by their full name (`from . import x` is `index.x` where that is a file)."""
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    package = name if FILES[name].name == "__init__.py" else name.rpartition(".")[0]
    nodes = tree.body if top_level_only else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(filter(None, [package if node.level else "", node.module or ""]))
            modules = {f"{base}.{alias.name}" for alias in node.names} & set(FILES)
            found.update(modules)
            if len(modules) < len(node.names):
                found.add(base)
    return found


def test_every_module_has_its_row() -> None:
    """The table is complete, and has no row for a module that is gone."""
    assert set(DEPTH) == set(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_module_imports_only_from_a_lower_depth(name: str) -> None:
    """No arrow goes back: index never imports qa, and nothing imports app."""
    ours = {other for other in imports(name) if other in DEPTH}
    assert {other for other in ours if DEPTH[other] >= DEPTH.get(name, 0)} == set()


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_a_heavy_library_has_one_owner(library: str) -> None:
    """Only the owner imports it, and only where it is needed, so that --help loads nothing heavy."""
    users = {name for name in FILES if any(i.split(".")[0] == library for i in imports(name))}
    assert users <= OWNERS[library]
    at_once = {name for name in FILES if any(i.split(".")[0] == library for i in imports(name, top_level_only=True))}
    assert at_once <= LATE
    assert not {name for name in FILES if imports(name, top_level_only=True) & LATE}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_module_can_be_read_in_one_sitting(name: str) -> None:
    """Past this many lines a module is split along a seam that a reader would name."""
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= MAX_LINES
