"""Panels of horizontal bars as an SVG that is read on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, NAMES, VALUES, MARGIN = 480, 225, 60, 12
"""Pixels: of a panel, of the names and the values beside its bars, and around it."""

ROW, HEAD = 22, 44

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 } .note { fill: #59636e }
.bar { fill: #8c959f } .ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .note { fill: #9198a1 } .bar { fill: #656c76 } .ours { fill: #4493f8 }
}"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One figure of several systems: a name, the value and how it is shown, of each."""

    title: str
    note: str
    bars: Sequence[tuple[str, float, str]]


def draw(panels: Sequence[Panel], is_ours: Callable[[str], bool]) -> str:
    """The panels, two beside each other, without a background of their own."""
    height = HEAD + ROW * max(len(panel.bars) for panel in panels) + MARGIN
    size = 2 * WIDTH, height * -(-len(panels) // 2)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" role="img"><style>{STYLE}</style>']
    for number, panel in enumerate(panels):
        lines.append(f'<g transform="translate({number % 2 * WIDTH}, {number // 2 * height})">')
        title = f'{escape(panel.title)} <tspan class="note" font-weight="400">({escape(panel.note)})</tspan>'
        lines.append(f'<text class="title" x="{MARGIN}" y="26">{title}</text>')
        most = max(value for _, value, _ in panel.bars)
        for row, (name, value, shown) in enumerate(panel.bars):
            y, length = HEAD + ROW * row, (WIDTH - NAMES - VALUES) * value / most
            lines.append(f'<text x="{NAMES - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>')
            kind = "ours" if is_ours(name) else "bar"
            lines.append(f'<rect class="{kind}" x="{NAMES}" y="{y}" width="{length:.1f}" height="{ROW - 6}" rx="2"/>')
            lines.append(f'<text x="{NAMES + length + 6:.1f}" y="{y + 12}">{escape(shown)}</text>')
        lines.append("</g>")
    return "\n".join([*lines, "</svg>\n"])
