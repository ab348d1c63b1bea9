"""Who may import whom: data flows one way, each heavy library has one owner, and no module grows past reading."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from conftest import ROOT

DEPTH = {
    "index.agreement": 1,
    "index.digest": 0,
    "index.errors": 0,
    "index.files": 0,
    "index.graph": 0,
    "index.bars": 0,
    "index.filters": 0,
    "index.rows": 0,
    "index.progress": 0,
    "index.ocr": 0,
    "index.page_layout": 0,
    "index.records": 0,
    "index.signatures": 0,
    "index.arrays": 0,
    "index.states": 1,
    "index.words": 0,
    "index.boilerplate": 1,
    "index.decode": 1,
    "index.fast": 2,
    "index.duplicates": 1,
    "index.loaded": 1,
    "index.page_view": 1,
    "index.package": 1,
    "index.published": 1,
    "index.removals": 4,
    "index.watch": 1,
    "index.catalogue": 1,
    "index.sentences": 1,
    "index.reference": 1,
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
    "index.encodings": 3,
    "index.store": 4,
    "index.load": 4,
    "index.removed": 4,
    "index.collection": 5,
    "index.verify": 5,
    "index.where": 5,
    "index.worker": 5,
    "index.original": 5,
    "index.pages": 6,
    "index.segmented": 5,
    "index.publish": 5,
    "index.comparison": 5,
    "index.history": 6,
    "index.lines": 7,
    "index.freshness": 6,
    "index.passage_store": 6,
    "index.collected": 6,
    "index.vectors": 7,
    "index.packing": 7,
    "index.copying": 7,
    "index.stored_index": 7,
    "index.stored": 8,
    "index.cluster": 4,
    "index.milvus_schema": 8,
    "index.milvus_client": 9,
    "index.embedded_store": 9,
    "index.milvus_store": 10,
    "index.addresses": 11,
    "index.build": 8,
    "index": 9,
    "index.__main__": 12,
    "qa.answer": 10,
    "qa.joint": 10,
    "qa.kinds": 10,
    "qa.labelled": 10,
    "qa.literal": 10,
    "qa.manage": 10,
    "qa.markup": 10,
    "qa.measures": 10,
    "qa.nearly": 10,
    "qa.within": 10,
    "qa.sheet": 10,
    "qa.whole": 10,
    "qa.anchor": 11,
    "qa.examples": 11,
    "qa.facts": 11,
    "qa.fast_reader": 11,
    "qa.frame": 11,
    "qa.language": 11,
    "qa.network": 11,
    "qa.phrases": 11,
    "qa.retrieve": 11,
    "qa.plain": 11,
    "qa.several": 11,
    "qa.spelling": 11,
    "qa.talk": 11,
    "qa.leaning": 12,
    "qa.question": 12,
    "qa.reader": 12,
    "qa.record": 12,
    "qa.reference": 12,
    "qa.restate": 12,
    "qa.chat": 13,
    "qa.copying": 13,
    "qa.outline": 13,
    "qa.read": 13,
    "qa.web": 13,
    "qa.agree": 14,
    "qa.export_docx": 14,
    "qa.export_html": 14,
    "qa.export_markdown": 14,
    "qa.features": 14,
    "qa.render": 14,
    "qa.verdict": 14,
    "qa.verify": 14,
    "qa.places": 14,
    "qa.cite": 15,
    "qa.differ": 15,
    "qa.export": 15,
    "qa.viewer": 15,
    "qa.generations": 17,
    "qa.keep": 16,
    "qa.opening": 16,
    "qa.select": 16,
    "qa.shelf": 16,
    "qa.assistant": 17,
    "qa.printed": 17,
    "qa": 18,
    "qa.batch": 18,
    "qa.evaluate": 18,
    "qa.serve": 18,
    "qa.narrow": 19,
    "qa.panels": 19,
    "qa.tables": 19,
    "qa.evaluate_documents": 19,
    "qa.evaluate_followups": 19,
    "qa.evaluate_reading": 19,
    "qa.evaluate_retrieval": 19,
    "qa.converse": 20,
    "qa.many": 20,
    "qa.report": 20,
    "qa.take": 20,
    "qa.layout": 21,
    "qa.programs": 21,
    "qa.narrowing": 22,
    "qa.__main__": 21,
    "app": 23,
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
    "datasketch": {"index.signatures"},
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
