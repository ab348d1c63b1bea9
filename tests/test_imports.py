"""Who may import whom: data flows one way, each heavy library has one owner, and no module grows past reading."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT

DEPTH = {
    "index.agreement": 1,
    "index.digest": 1,
    "index.errors": 1,
    "index.files": 1,
    "index.graph": 1,
    "index.bars": 1,
    "index.filters": 1,
    "index.rows": 1,
    "index.progress": 1,
    "index.ocr": 1,
    "index.page_layout": 1,
    "index.records": 1,
    "index.signatures": 1,
    "index.arrays": 0,
    "index.states": 1,
    "index.words": 1,
    "index.boilerplate": 2,
    "index.decode": 2,
    "index.fast": 2,
    "index.duplicates": 2,
    "index.loaded": 2,
    "index.page_view": 2,
    "index.package": 2,
    "index.published": 2,
    "index.removals": 5,
    "index.watch": 2,
    "index.catalogue": 2,
    "index.sentences": 2,
    "index.reference": 2,
    "index.speech": 2,
    "index.tokens": 2,
    "index.catalogue_edit": 3,
    "index.dense": 3,
    "index.embed": 3,
    "index.archives": 3,
    "index.load_table": 3,
    "index.load_text": 3,
    "index.page_text": 3,
    "index.passages": 3,
    "index.segment": 3,
    "index.sparse": 3,
    "index.workers": 3,
    "index.load_html": 4,
    "index.load_office": 4,
    "index.load_pdf": 4,
    "index.names": 4,
    "index.parts": 2,
    "index.encodings": 4,
    "index.store": 5,
    "index.load": 5,
    "index.removed": 5,
    "index.collection": 6,
    "index.verify": 6,
    "index.where": 6,
    "index.worker": 6,
    "index.original": 6,
    "index.pages": 7,
    "index.segmented": 6,
    "index.publish": 6,
    "index.comparison": 6,
    "index.history": 7,
    "index.lines": 8,
    "index.freshness": 7,
    "index.passage_store": 7,
    "index.collected": 7,
    "index.vectors": 8,
    "index.packing": 8,
    "index.copying": 8,
    "index.stored_index": 8,
    "index.stored": 9,
    "index.cluster": 5,
    "index.milvus_schema": 9,
    "index.milvus_client": 10,
    "index.embedded_store": 10,
    "index.milvus_store": 11,
    "index.addresses": 12,
    "index.build": 9,
    "index": 10,
    "index.__main__": 13,
    "qa.answer": 11,
    "qa.joint": 11,
    "qa.kinds": 11,
    "qa.labelled": 11,
    "qa.literal": 11,
    "qa.manage": 11,
    "qa.markup": 11,
    "qa.measures": 11,
    "qa.nearly": 11,
    "qa.within": 11,
    "qa.sheet": 11,
    "qa.whole": 11,
    "qa.anchor": 12,
    "qa.examples": 12,
    "qa.facts": 12,
    "qa.fast_reader": 12,
    "qa.frame": 12,
    "qa.language": 12,
    "qa.network": 12,
    "qa.phrases": 12,
    "qa.retrieve": 12,
    "qa.plain": 12,
    "qa.several": 12,
    "qa.spelling": 12,
    "qa.talk": 12,
    "qa.leaning": 13,
    "qa.question": 13,
    "qa.reader": 13,
    "qa.record": 13,
    "qa.reference": 13,
    "qa.restate": 13,
    "qa.chat": 14,
    "qa.copying": 14,
    "qa.outline": 14,
    "qa.read": 14,
    "qa.web": 14,
    "qa.agree": 15,
    "qa.export_docx": 15,
    "qa.export_html": 15,
    "qa.export_markdown": 15,
    "qa.features": 15,
    "qa.render": 15,
    "qa.verdict": 15,
    "qa.verify": 15,
    "qa.places": 15,
    "qa.cite": 16,
    "qa.differ": 16,
    "qa.export": 16,
    "qa.viewer": 16,
    "qa.generations": 18,
    "qa.keep": 17,
    "qa.opening": 17,
    "qa.select": 17,
    "qa.shelf": 17,
    "qa.assistant": 18,
    "qa.printed": 18,
    "qa": 19,
    "qa.batch": 19,
    "qa.evaluate": 19,
    "qa.serve": 19,
    "qa.narrow": 20,
    "qa.panels": 20,
    "qa.tables": 20,
    "qa.evaluate_documents": 20,
    "qa.evaluate_followups": 20,
    "qa.evaluate_reading": 20,
    "qa.evaluate_retrieval": 20,
    "qa.converse": 21,
    "qa.many": 21,
    "qa.report": 21,
    "qa.take": 21,
    "qa.layout": 22,
    "qa.programs": 22,
    "qa.narrowing": 23,
    "qa.__main__": 22,
    "app": 24,
}
"""A module imports only from a lower depth. A new module gets its row here."""

OWNERS = {
    "faiss": {"index.dense"},
    "Stemmer": {"index.sparse"},
    "openvino": {"index.graph"},
    "sentence_transformers": {"index.reference"},
    "transformers": {"index.reference"},
    "tokenizers": {"index.embed"},
    "torch": {"index.reference", "qa.network"},
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
    "watchfiles": {"index.watch"},
    "distributed": {"index.cluster"},
    "pymilvus": {"index.milvus_client", "index.milvus_schema"},
}
"""The one module that knows a library, and so the one that is changed when the library changes."""

LATE = {"qa.network"}
"""Modules that import a heavy library at once, and so are themselves imported only where they are needed."""

MAX_LINES = 350


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(p): p for p in [*(ROOT / "index").glob("*.py"), *(ROOT / "qa").glob("*.py"), ROOT / "app.py"] if p.is_file()}


@cache
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
