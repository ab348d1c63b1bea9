"""The file that names the generations: its lines, their order, and what stands before what."""

from __future__ import annotations

from pathlib import Path

import pytest

from index import IndexDamaged, IndexMissing
from index.published import CURRENT, find_published, name_before, read_current, read_history, read_published, write_published

LINES = (("g000012", "a" * 64), ("g000009", "b" * 64), ("g000010", "c" * 64))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """In its order; the first is the one that answers."""
    write_published(tmp_path, LINES)
    assert read_published(tmp_path) == LINES
    assert read_current(tmp_path) == LINES[0] == find_published(tmp_path, None)
    assert find_published(tmp_path, "g000010") == LINES[2]
    assert [p.name for p in tmp_path.iterdir()] == [CURRENT]


def test_one_line_is_enough(tmp_path: Path) -> None:
    """As a first build writes it."""
    write_published(tmp_path, LINES[:1])
    assert read_published(tmp_path) == LINES[:1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "g000001",
        f"g000001 {'a' * 64}",
        f"g000001 {'a' * 64}\n\n",
        f"g000001 {'a' * 64}\ng000002 {'b' * 63}\n",
        f"x {'a' * 64}\n",
    ],
)
def test_anything_else_is_damage(tmp_path: Path, text: str) -> None:
    """Also behind a good line; to a new build there is then no history."""
    (tmp_path / CURRENT).write_text(text)
    with pytest.raises(IndexDamaged, match="CURRENT: found .*; build the index again"):
        read_published(tmp_path)
    assert read_history(tmp_path) == ()


def test_no_file_is_no_index(tmp_path: Path) -> None:
    """With the command that makes one."""
    with pytest.raises(IndexMissing, match="python -m index build"):
        read_published(tmp_path)
    assert read_history(tmp_path) == ()


def test_the_one_before_answered_before_and_is_older() -> None:
    """What was rolled back stands behind, and is not gone back to."""
    assert name_before(LINES) == "g000009"
    assert name_before(LINES, "g000010") is None
    assert name_before(LINES[1:]) is None
    assert name_before((LINES[1], LINES[0], LINES[2])) is None
