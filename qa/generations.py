"""The generations of the index as HTML: when each was made, what changed in it, and the way back to it."""

from __future__ import annotations

from collections.abc import Sequence

from index import Comparison, GenerationInfo
from index.comparison import Quoted

from .markup import line, visible
from .plain import counted
from .shelf import named_changes

PASSAGES = 20
"""Passages that came or went that are shown at once, of each."""


def generations_html(infos: Sequence[GenerationInfo], told: str = "", changed: str = "", *, changeable: bool = False) -> str:
    """The generations that are kept; below that named `told` stands the markup `changed`. `changeable`: one can go back to another."""
    if not infos:
        return ""
    rows = "".join(_row(info, changed if info.name == told else "", changeable) for info in infos)
    return f'<div class="panel sources"><h2>Generations of the index</h2><ul class="generations">{rows}</ul></div>'


def _row(info: GenerationInfo, changed: str, changeable: bool) -> str:
    made = (
        f"{info.created[:16].replace('T', ' ')} UTC, {info.documents:,} documents, {info.passages:,} passages. "
        if info.created
        else ""
    )
    state = " ".join(["It answers."] * info.answers + [f"Damaged: {info.damage}"] * bool(info.damage))
    back = (
        f'<button type="button" class="small" data-roll-back="{info.name}" aria-label="Go back to generation {info.name}">Go back to it</button>'
        if changeable and not info.answers and not info.damage
        else ""
    )
    what = f'<button type="button" class="small" data-compare="{info.name}" aria-label="What changed in generation {info.name}">What changed</button>'
    return (
        f'<li><span class="which">{info.name}</span> <span class="fine">{visible(made + state)}</span>'
        f'<div class="change">{what}{back}</div>{changed}</li>'
    )


def comparison_html(comparison: Comparison) -> str:
    """What changed from one generation to another: the documents by name, and the passages that went and came."""
    documents = named_changes(comparison.documents) or "No document changed."
    return line(f"Since {comparison.old}: {documents}", "fine") + "".join(
        _passages(heading, passages) for heading, passages in (("Gone", comparison.went), ("New", comparison.came))
    )


def _passages(heading: str, passages: Sequence[Quoted]) -> str:
    if not passages:
        return ""
    rows = "".join(
        f'<li><span class="fine"><bdi>{visible(p.document)}</bdi></span><div class="text small" dir="auto" tabindex="0">{visible(p.text)}</div></li>'
        for p in passages[:PASSAGES]
    )
    more = line(f"The first {PASSAGES:,} are shown: python -m index diff tells all.", "fine") if len(passages) > PASSAGES else ""
    return f"<details><summary>{heading}: {counted(len(passages), 'passage')}</summary><ul>{rows}</ul>{more}</details>"
