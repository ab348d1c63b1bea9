"""What a person has asked on the page and what was answered: the state of one conversation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .answer import Answer, Citation

MOST_UNDONE = 20
"""So many steps can be taken back."""

MOST_CHOSEN = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """A question that could not be asked or answered, and why, in one line."""

    question: str
    message: str


Turn = Answer | Problem


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation on the page. Every change makes a new one.

    `turns` are oldest first; `chosen` are quotations put aside, to be taken away together; `editing` is the number of the
    question that the next one takes the place of; `past` holds the turns before each of the latest changes.
    """

    turns: tuple[Turn, ...] = ()
    chosen: tuple[Citation, ...] = ()
    editing: int | None = None
    past: tuple[tuple[Turn, ...], ...] = ()

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers, without what could not be asked."""
        return tuple(turn for turn in self.turns if isinstance(turn, Answer))

    def heard(self) -> list[str]:
        """The earlier questions as they were understood, for the next one; oldest first."""
        return [turn.standalone_question for turn in self.turns[: self.editing] if isinstance(turn, Answer)]

    def said(self, turn: Turn) -> Talk:
        """With one more turn, in place of the one that is edited and those after it."""
        return self._with((*self.turns[: self.editing], turn))

    def cleared(self) -> Talk:
        """Without turns; what was chosen stays."""
        return self._with(())

    def undone(self) -> Talk:
        """As it was before the last question, clearing or editing."""
        if not self.past:
            return self
        return replace(self, turns=self.past[-1], past=self.past[:-1], editing=None)

    def stopped(self, before: int) -> Talk:
        """Without the answer to a question that was stopped, should it have come first; `before` it were so many turns."""
        return self.undone() if self.editing is None and len(self.turns) > before else self

    def with_editing(self, number: int | str | None) -> Talk:
        """With the question of this number about to be asked again, or with none for a number that there is not."""
        found = str(number).isdecimal() and int(str(number)) < len(self.turns)
        return replace(self, editing=int(str(number)) if found else None)

    def replaced_by(self, other: Talk) -> Talk:
        """With the turns of another conversation; what it had put aside is added."""
        talk = self._with(other.turns)
        known = set(map(place_of, talk.chosen))
        more = tuple(c for c in other.chosen if place_of(c) not in known)
        return replace(talk, chosen=(*talk.chosen, *more)[:MOST_CHOSEN])

    def with_chosen(self, citation: Citation) -> Talk:
        """With a quotation put aside, or without it when it was already."""
        kept = tuple(c for c in self.chosen if place_of(c) != place_of(citation))
        return replace(self, chosen=kept if len(kept) < len(self.chosen) else (*kept, citation)[:MOST_CHOSEN])

    def _with(self, turns: tuple[Turn, ...]) -> Talk:
        past = (*self.past, self.turns)[-MOST_UNDONE:] if turns != self.turns else self.past
        return replace(self, turns=turns, past=past, editing=None)


def place_of(citation: Citation) -> tuple[str, int, int]:
    """What tells one quotation from another."""
    return citation.document, citation.start, citation.end
