"""Numbers, ids and letters → what stands there: nothing is searched."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from bot.answering.by_text import OFFERED
from bot.answering.library import Library
from bot.commands import Pick, Show, ShowLatest, ShowRecord, ShowWhole, parse
from bot.message import Decline, Hit, Listing, Message, Notice, Reply, Suggest
from bot.record import Record
from bot.store import Memory
from bot.wording.presentation import Words

_ECHOED = re.compile(r"[\d/#.-]+", re.ASCII)  # a group would read anything else


@dataclass(frozen=True)
class ByNumber:
    """Shows questions and records by number."""

    library: Library
    words: Words
    today: date
    memory: Callable[[Message], Memory]  # what the chat was shown last

    def reply(
        self, command: Show | ShowRecord | ShowLatest | ShowWhole | Pick, message: Message
    ) -> Reply:
        """What the command names, or a sentence that says it is not there."""
        match command:
            case Show():
                return self._numbered(command, message)
            case ShowRecord(record_id):
                record = self.library.record(record_id)
                return self._listing(record) if record else self._no_such_record(record_id)
            case ShowLatest(code):
                return self._latest(replace(message, company=code) if code else message)
            case ShowWhole():
                cited = self.memory(message).cited
                if cited is None:
                    return Notice(self.words.text("nothing cited"))
                return self._by_id(cited, message, whole=True)
            case Pick(index):
                offered = self.memory(message).offered
                if index >= len(offered):
                    return Notice(self.words.text("nothing offered"))
                return self._by_id(offered[index], message)

    def _numbered(self, command: Show, message: Message) -> Reply:
        if command.record_id:
            record = self.library.record(command.record_id)
            if record is None:
                return self._no_such_record(command.record_id)
            return self._question(record, command, message)
        records = self._in_question(message)
        if len(records) == 1:
            return self._question(records[0], command, message)
        hits = [
            Hit(record, question, 1.0)
            for record in records
            if (question := record.question(command.number)) is not None
        ]
        if len(hits) == 1:
            return self._question(hits[0].record, command, message)
        if hits:
            return Suggest(tuple(hits[:OFFERED]), self.library.has_many)
        return Decline(self.library.coverage(message))

    def _in_question(self, message: Message) -> list[Record]:
        """The records a bare number may mean: the one cited last, else all in scope."""
        cited = self.memory(message).cited
        record = self.library.record(cited.partition("#")[0]) if cited else None
        return [record] if record else self.library.scope(message)

    def _question(self, record: Record, command: Show, message: Message) -> Reply:
        question = record.question(command.number)
        named = f"{record.company_name}（{record.id}）"
        if question is None:
            return Notice(
                self.words.text(
                    "no such question",
                    record=named,
                    no=command.number,
                    count=len(record.questions),
                )
            )
        if command.part is not None and question.part(command.part) is None:
            return Notice(
                self.words.text(
                    "no such part", record=named, question=command.number, no=command.part
                )
            )
        hit = Hit(record, question, 1.0, command.part)
        return self.library.answer(hit, message, self.today, whole=command.whole)

    def _by_id(self, full_id: str, message: Message, whole: bool = False) -> Reply:
        command, _ = parse(full_id)
        if isinstance(command, Show):
            return self._numbered(replace(command, whole=whole), message)
        return self._no_such_record(full_id)

    def _listing(self, record: Record) -> Listing:
        return Listing(record, self.library.has_many)

    def _latest(self, message: Message) -> Reply:
        records = self.library.scope(message)
        if not records:
            return no_such_company(self.library, self.words, message.company or "")
        return self._listing(records[0])

    def _no_such_record(self, typed: str) -> Notice:
        """Says back what was typed only where it is digits."""
        if _ECHOED.fullmatch(typed):
            return Notice(self.words.text("no such record", id=typed))
        return Notice(self.words.text("no such record, by its name"))


def no_such_company(library: Library, words: Words, code: str) -> Notice:
    """Nothing is stored of a company; with what is."""
    covered = words.coverage(library.coverage(Message("")))
    return Notice(words.text("no such company", code=code, coverage=covered))
