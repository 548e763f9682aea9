"""What the desk does with misses and wordings; its pages and the command line do it through here.

Whatever is refused raises a BotError whose one Chinese line says why, and nothing is changed. What
is done holds from the next message on, in every process (the store's generation).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.answering.library import Library
from bot.answering.pointing import LONGEST
from bot.answering.small_talk import kind_of
from bot.errors import NotFoundError, RefusedError, one_line
from bot.matching.text import normalise
from bot.reading.lines import squashed
from bot.store import Alias, AliasState, Counterexample, Mark, MissState, Store, meant_now
from bot.store.feedback import unhelpful
from bot.store.hidden import words_of
from bot.teaching.misses import MissFilter, MissGroup, grouped
from bot.teaching.picks import picked_by_several, was_proposed
from bot.teaching.rules import Target, check, check_taught, plain_text, target

_SHOWN = 30  # characters of a message in a line


@dataclass(frozen=True)
class Marked:
    """What became of a group of misses."""

    mark: Mark
    alias: Alias | None = None  # that was attached


class Teaching:
    """The desk's acts. `who` is the operating system's user, or the name that signed in."""

    def __init__(
        self,
        store: Store,
        library: Callable[[], Library],
        now: Callable[[], datetime],
        approvals: int,
    ) -> None:
        """
        Args:
            store: What is taught is kept there.
            library: What may be shown now.
            now: The bot's clock.
            approvals: By different people, from which on an alias is live.
        """
        self.approvals = approvals
        self._store = store
        self._library = library
        self._now = now

    # Other wordings

    def propose(self, who: str, question_id: str, text: str) -> Alias:
        """Propose another wording of a question; whoever does is the first to approve it.

        Raises:
            NotFoundError: No such question.
            RefusedError: It may not be one (rules.py).
        """
        wanted, text = self._checked(question_id, text)
        return self._kept(who, wanted, text)

    def approve(self, who: str, alias_id: int) -> Alias:
        """Approve a proposal, if it may still be one.

        Raises:
            NotFoundError: No such alias, or its question is not stored any more.
            RefusedError: It is no proposal, `who` approved it, or it may not be one (rules.py).
        """
        alias = self._store.alias(alias_id)
        if alias.state == "proposed":
            now = self.question_now(alias)
            if now is None:
                raise NotFoundError(
                    f"说法 {alias_id} 的那一问 {alias.question_id}",
                    f"irbot alias undo {alias_id} 撤销它",
                )
            self._checked(now, alias.text, alias)
        return self._store.approve_alias(who, alias_id, self.approvals)

    def refuse(self, who: str, alias_id: int) -> Alias:
        """Turn a proposal down; nothing like it proposes itself again.

        Raises:
            NotFoundError: No such alias.
            RefusedError: It is no proposal.
        """
        return self._store.refuse_alias(who, alias_id)

    def undo(self, who: str, alias_id: int) -> Alias:
        """Take an alias back; one that was refused is a proposal again.

        Raises:
            NotFoundError: No such alias.
            RefusedError: It is undone already.
        """
        return self._store.undo_alias(who, alias_id)

    def aliases(self, *states: AliasState) -> list[Alias]:
        """All wordings, or those in some states, with what people's picks propose by now."""
        self.propose_picks()
        return self._store.aliases(*states)

    def question_now(self, alias: Alias) -> str | None:
        """The full id under which an alias's question may be shown now; None: it may not."""
        meant = meant_now(self._library().record, alias.question_id, alias.question)
        return Target(*meant).id if meant else None

    def propose_picks(self) -> list[Alias]:
        """Propose what several people picked for like messages and nobody has proposed yet."""
        made = []
        for picked in picked_by_several(self._store.picks()):
            if was_proposed(picked, self._store.aliases()):
                continue
            for text in picked.texts:
                try:
                    made.append(self._kept("", *self._checked(picked.question_id, text)))
                except (NotFoundError, RefusedError):
                    continue
                break
        return made

    # What a question does not answer

    def reject(self, who: str, text: str, question_id: str) -> Counterexample:
        """Say that a question, or a paragraph, does not answer what is asked like this.

        Raises:
            NotFoundError: No such question.
            RefusedError: The text is empty, too long, or the question's own words.
        """
        text = plain_text(text)
        record_id, _, place = question_id.strip().partition("#")
        record = self._store.record(record_id).record
        unit = record.unit(place.partition(".")[0])
        if unit is None:
            raise NotFoundError(one_line(question_id), f"irbot show {record.id} 查看各问")
        own = f"{record.id}#{unit.place}"
        if squashed(unit.question) == squashed(text):
            raise RefusedError(f"这就是 {own} 的原话；不想再用它回答，请撤下：irbot withdraw {own}")
        return self._store.add_counterexample(who, text, self._now(), own, words_of(unit))

    def undo_rejection(self, who: str, counterexample: int) -> Counterexample:
        """Take that back.

        Raises:
            NotFoundError: There is none of that number.
            RefusedError: It was taken back already.
        """
        return self._store.undo_counterexample(who, counterexample)

    def rejections(self) -> list[Counterexample]:
        """Those that hold, the first one first."""
        return self._store.counterexamples()

    # Misses

    def misses(self, wanted: MissFilter | None = None) -> list[MissGroup]:
        """The groups of misses, the most frequent first.

        Small talk is none, and no text that is too long to be looked at whole.
        """
        return grouped(
            (row for row in self._store.misses() if _is_miss(row)),
            unhelpful(self._store),
            self._store.picks(),
            self._store.marks(),
            self._store.aliases("live", "proposed"),
            wanted,
        )

    def mark(self, who: str, text: str, state: MissState) -> Marked:
        """Say what becomes of the misses like a text.

        What is not ours is not answered any more, nor offered anything.

        Raises:
            NotFoundError: There are no misses like it.
        """
        texts = self._group(text).texts
        return Marked(self._store.add_mark(who, texts, state, self._now()))

    def attach(self, who: str, text: str, question_id: str, wording: str = "") -> Marked:
        """Make the misses like a text another wording of a question: they are done once it is live.

        Args:
            who: Who does.
            text: One of the misses.
            question_id: Full.
            wording: Where it is to be worded otherwise than the miss.

        Raises:
            NotFoundError: There are no misses like it, or no such question.
            RefusedError: The wording may not be one (rules.py).
        """
        texts = self._group(text).texts
        with self._store.database.transaction():
            alias = self.propose(who, question_id, wording or text)
            mark = self._store.add_mark(who, texts, "done", self._now(), alias.id)
        return Marked(mark, alias)

    def undo_mark(self, who: str, mark: int) -> Mark:
        """Take back what was decided; an alias that was attached stays.

        Raises:
            NotFoundError: There is none of that number.
            RefusedError: It was taken back already.
        """
        return self._store.undo_mark(who, mark)

    def _group(self, text: str) -> MissGroup:
        for group in self.misses():
            if text.strip() in (own.strip() for own in group.texts):
                return group
        said = one_line(text.strip())[:_SHOWN]
        raise NotFoundError(f"未答上的提问“{said}”", "irbot misses 查看各组（文字要与列出的一样）")

    def _kept(self, who: str, wanted: Target, text: str) -> Alias:
        words = wanted.question.question
        with self._store.database.transaction():  # of two who propose it at once, one does
            check_taught(text, self._store.aliases("live", "proposed"))
            return self._store.propose_alias(
                who, wanted.id, words, text, self.approvals, self._now()
            )

    def _checked(self, question_id: str, text: str, own: Alias | None = None) -> tuple[Target, str]:
        """The question and the wording, where it may be one, with the wording's vectors made."""
        text = plain_text(text)
        library = self._library()
        wanted = target(library, self._store, question_id)
        known = [item for item in self._store.aliases("live", "proposed") if item != own]
        check(text, wanted, library, self._now().date(), known)
        index = library.index
        if index.model:
            self._store.add_vectors(index.model, index.vectors([normalise(text)]))
        return wanted, text


def _is_miss(row: dict[str, Any]) -> bool:
    return len(row["text"]) <= LONGEST and not kind_of(row["text"])
