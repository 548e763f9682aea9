"""Numbers, ids and letters → what stands there: nothing is searched."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from bot.answering.decision import OFFERED
from bot.answering.library import Library
from bot.commands import Pick, Show, ShowLatest, ShowMore, ShowRecord, ShowWhole, parse
from bot.message import Answer, Decline, Hit, Listing, Message, Notice, Reply, Statement, Suggest
from bot.record import Question, Record
from bot.store import Memory
from bot.wording.presentation import Words

_ECHOED = re.compile(r"[\d/#.-]+", re.ASCII)  # a group would read anything else


@dataclass(frozen=True)
class ByNumber:
    """Shows questions, paragraphs and records by number."""

    library: Library
    words: Words
    today: date
    memory: Callable[[Message], Memory]  # what the chat was shown last

    def reply(
        self,
        command: Show | ShowRecord | ShowLatest | ShowMore | ShowWhole | Pick,
        message: Message,
    ) -> Reply:
        """What the command names, or a sentence that says it is not there."""
        match command:
            case Show():
                return self._numbered(command, message)
            case ShowRecord():
                return self._record(command, message)
            case ShowLatest(code):
                return self._latest(replace(message, company=code) if code else message)
            case ShowMore():
                return self._more(message)
            case ShowWhole():
                cited = self.memory(message).cited
                if cited is None:
                    return Notice(self.words.text("nothing cited"))
                return self._shown_before(cited, message, whole=True)
            case Pick(index):
                return self._picked(index, message)

    def _picked(self, index: int, message: Message) -> Reply:
        offered = self.memory(message).offered
        if not offered:
            return Notice(self.words.text("nothing offered"))
        if index >= len(offered):
            last = chr(ord("A") + len(offered) - 1)
            return Notice(self.words.text("beyond the list", last=last))
        reply = self._shown_before(offered[index], message)
        return replace(reply, is_picked=True) if isinstance(reply, Answer) else reply

    def _numbered(self, command: Show, message: Message) -> Reply:
        is_bare = command.record_id == command.record_no == command.day is None
        records = (
            self._in_question(command, message) if is_bare else self.library.named(command, message)
        )
        if not records:
            return self._none_named(command)
        if len(records) == 1:
            return self._question(records[0], command, message)
        of_number = (record for record in records if _unit(record, command))
        found = list(islice(of_number, OFFERED))  # at least two
        if len(found) == 1:
            return self._question(found[0], command, message)
        if found:
            hits = [
                Hit(record.of(question), question, 1.0)
                for record in found
                if (question := _unit(record, command))
            ]
            return Suggest(tuple(hits), self.library.has_many)
        return Notice(self.words.text("no such number", no=command.number))

    def _in_question(self, command: Show, message: Message) -> Sequence[Record]:
        """The records a bare number may mean: the one cited last, else all in scope."""
        cited = self.memory(message).cited
        record = self.library.record(cited.partition("#")[0]) if cited else None
        if record and command.company_code in (None, record.company_code):
            return [record]
        return self.library.named(command, message)

    def _question(self, record: Record, command: Show, message: Message) -> Reply:
        question = _unit(record, command)
        named = f"{record.company_name}（{record.id}）"
        if question is None:
            of_its_kind = record.paragraphs if command.is_paragraph else record.questions
            if any(item.number > command.number > 0 for item in of_its_kind):
                return Decline(self.library.coverage(message))  # one wording for every cause
            return Notice(
                self.words.text(
                    "no such paragraph" if command.is_paragraph else "no such question",
                    record=named,
                    no=command.number,
                    count=len(of_its_kind),
                )
            )
        if command.part is not None and question.part(command.part) is None:
            return Notice(
                self.words.text(
                    "no such part", record=named, question=command.number, no=command.part
                )
            )
        hit = Hit(record.of(question), question, 1.0, command.part)
        if question.is_narrative:
            return Statement(hit, message.as_of or self.today, self.library.has_many)
        return self.library.answer(hit, message, self.today, whole=command.whole)

    def _shown_before(self, full_id: str, message: Message, whole: bool = False) -> Reply:
        """What was cited or offered; where that is gone, as if nothing like it was ever stored."""
        command, _ = parse(full_id)
        assert isinstance(command, Show)  # the ids that are kept are those of answers and offers
        record = self.library.record(full_id.partition("#")[0])
        if record is None or _unit(record, command) is None:
            return Decline(self.library.coverage(message))
        return self._numbered(replace(command, whole=whole), message)

    def _listing(self, record: Record) -> Listing:
        return Listing(record, self.library.has_many)

    def _latest(self, message: Message) -> Reply:
        records = self.library.scope(message)
        if not records:
            return no_such_company(self.library, self.words, message.company or "")
        return self._listing(records[0])

    def _record(self, command: ShowRecord, message: Message) -> Reply:
        records = self.library.named(command, message)
        if not records:
            return self._none_named(command)
        if len(records) > 1:
            ids = self.words.listed(record.id for record in records[:OFFERED])
            return Notice(self.words.text("several records", ids=ids))
        return self._listing(records[0])

    def _more(self, message: Message) -> Reply:
        """Of what was shown last, all that its record holds."""
        memory = self.memory(message)
        shown = memory.offered[0] if memory.offered else memory.cited
        record = self.library.record(shown.partition("#")[0]) if shown else None
        return self._listing(record) if record else self._latest(message)

    def _none_named(self, command: Show | ShowRecord) -> Reply:
        """Says back what was typed only where it is digits."""
        code = command.company_code
        if code and code not in self.library.companies:
            return no_such_company(self.library, self.words, code)
        if command.record_id and _ECHOED.fullmatch(command.record_id):
            return Notice(self.words.text("no such record", id=command.record_id))
        return Notice(self.words.text("no such record, by its name"))


def _unit(record: Record, command: Show) -> Question | None:
    find = record.paragraph if command.is_paragraph else record.question
    return find(command.number)


def no_such_company(library: Library, words: Words, code: str) -> Notice:
    """Nothing is stored of a company; with what is."""
    covered = words.coverage(library.coverage(Message("")))
    return Notice(words.text("no such company", code=code, coverage=covered))
