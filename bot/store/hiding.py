"""Hiding companies, records, questions and paragraphs from every reply, and showing them again.

withdraw    it is wrong, or must not be said: out for good
hold        under review
pause       a company, or everything: a quiet period, with or without an end

Readers cannot tell them apart, nor any of them from what was never there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.errors import BotError, NotFoundError
from bot.record import Question, Record
from bot.store.connection import Connection, first, grow, instant
from bot.store.hidden import (
    EVERYTHING,
    Hiding,
    HidingKind,
    hidden_units,
    hidings,
    words_of,
)
from bot.store.ids import normal_id
from bot.store.journal import note
from bot.store.records import Records

_LONGEST_REASON = 200  # characters; it stands in lists, beside what it is of
_DONE = {"withdraw": "撤下", "hold": "暂停展示", "pause": "暂停答复"}
_UNDONE = {"withdraw": "withdraw undone", "hold": "release", "pause": "resume"}


def undo_command(kind: HidingKind, target: str) -> str:
    """What is typed to show it again."""
    match kind:
        case "withdraw":
            return f"irbot withdraw {target} --undo"
        case "hold":
            return f"irbot release {target}"
        case "pause":
            return "irbot resume" + ("" if target == EVERYTHING else f" --company {target}")


class Hidden(Records):
    """A decision outlives the version that it was made on; every one is in the journal."""

    def withdraw(self, target: str, reason: str, who: str = "") -> str:
        """Hide a record, a question or a paragraph for good; returns its id as stored.

        Raises:
            NotFoundError: No such record, question or paragraph.
            BotError: It is withdrawn already, or no reason is given.
        """
        return self._hide("withdraw", target, reason, who)

    def undo_withdrawal(self, target: str, who: str = "") -> str:
        """Show again what was withdrawn; returns its id.

        Raises:
            NotFoundError: It is not stored, or not withdrawn.
        """
        return self._show("withdraw", target, who)

    def hold(self, target: str, reason: str, who: str = "") -> str:
        """Hide a record, a question or a paragraph until it is released; returns its id as stored.

        Raises:
            NotFoundError: No such record, question or paragraph.
            BotError: It is held already, or no reason is given.
        """
        return self._hide("hold", target, reason, who)

    def release(self, target: str, who: str = "") -> str:
        """Show again what was held; returns its id.

        Raises:
            NotFoundError: It is not stored, or not held.
        """
        return self._show("hold", target, who)

    def pause(
        self,
        reason: str,
        who: str = "",
        *,
        company: str | None = None,
        until: datetime | None = None,
        now: datetime | None = None,
    ) -> str:
        """Hide all records of a company, also those to come; returns what is paused.

        Args:
            reason: Why.
            who: Whose decision it is.
            company: Its code; None: all companies.
            until: When it ends by itself; None: with `resume`.
            now: The bot's clock; None: the system's.

        Raises:
            NotFoundError: No record of such a company.
            BotError: It is paused already, the end is past, or no reason is given.
        """
        now = now or datetime.now(UTC)
        _check_reason(reason)
        if until is not None and until <= now:
            raise BotError(f"结束时刻 {until:%Y-%m-%d %H:%M} 已过；请写以后的时刻，或不写 --until")
        with self.database.transaction() as db:
            if company and not first(db, "SELECT 1 FROM records WHERE company_code = ?", company):
                raise NotFoundError(f"{company} 的记录")
            target = company or EVERYTHING
            _refuse_second(
                "pause", target, [item for item in hidings(db).of(target) if item.holds(now)]
            )
            self._decide(db, "pause", target, None, reason, who, until)
        return target

    def resume(
        self, company: str | None = None, who: str = "", *, now: datetime | None = None
    ) -> str:
        """End a pause; returns what it was of.

        Args:
            company: Its code; None: all companies.
            who: Whose decision it is.
            now: The bot's clock; None: the system's.

        Raises:
            NotFoundError: It is not paused.
        """
        now = now or datetime.now(UTC)
        target = company or EVERYTHING
        with self.database.transaction() as db:
            paused = [item for item in hidings(db).of(target) if item.holds(now)]
            if not paused:
                others = [
                    row["target"]
                    for row in db.query(
                        "SELECT DISTINCT target FROM hidings WHERE kind = 'pause' "
                        "AND ended_at IS NULL AND (until IS NULL OR until > ?) ORDER BY target",
                        [instant(now)],
                    )
                ]
                raise NotFoundError(
                    f"对{company or '全部公司'}的暂停答复",
                    "；".join(undo_command("pause", other) for other in others)
                    or "irbot records 查看状态",
                )
            self._end(db, "pause", target, paused, who)
        return target

    # One record, or some of it

    def _hide(self, kind: HidingKind, target: str, reason: str, who: str) -> str:
        _check_reason(reason)
        with self.database.transaction() as db:
            record, unit = self._target(target)
            target = _id(record, unit)
            same = [item for item in _own(db, record, unit) if item.kind == kind]
            _refuse_second(kind, target, same)
            self._decide(db, kind, target, unit, reason, who)
        return target

    def _show(self, kind: HidingKind, target: str, who: str) -> str:
        with self.database.transaction() as db:
            record, unit = self._target(target)
            target = _id(record, unit)
            own = [item for item in _own(db, record, unit) if item.kind == kind]
            # Decided under a number that another question has now.
            own = own or [
                item
                for item in hidings(db).of(record.id)
                if item.kind == kind and _same_id(item.target, target)
            ]
            if not own:
                raise NotFoundError(f"已{_DONE[kind]}的 {target}", _instead(db, record, unit))
            self._end(db, kind, target, own, who)
        return target

    def _target(self, target: str) -> tuple[Record, Question | None]:
        """What is meant: by the version that readers see, else by one that is to come."""
        record_id, mark, place = target.partition("#")
        if not record_id:
            raise NotFoundError(target or "空的编号")
        record = self.record(record_id).record
        unit = record.unit(place)
        if mark and unit is None:
            record = self.newest(record_id).record
            unit = record.unit(place)
        if mark and unit is None:
            raise NotFoundError(target, f"irbot show {record.id} 查看各问的编号")
        return record, unit

    def _decide(
        self,
        db: Connection,
        kind: HidingKind,
        target: str,
        unit: Question | None,
        reason: str,
        who: str,
        until: datetime | None = None,
    ) -> None:
        end = {"until": instant(until)} if until else {}
        db.table("hidings").insert(
            {
                "kind": kind,
                "target": target,
                "reason": reason,
                "who": who,
                "decided_at": instant(datetime.now(UTC)),
                "words": words_of(unit) if unit else None,
                "answer": unit.answer if unit and not unit.is_narrative else None,
                **end,
            }
        )
        note(db, who, kind, target, reason=reason, **end)
        grow(db)

    def _end(
        self, db: Connection, kind: HidingKind, target: str, ended: Sequence[Hiding], who: str
    ) -> None:
        now = instant(datetime.now(UTC))
        for hiding in ended:
            db.execute("UPDATE hidings SET ended_at = ? WHERE id = ?", [now, hiding.id])
        until = ended[-1].until
        end = {"until": instant(until)} if until else {}
        note(db, who, _UNDONE[kind], target, reason=ended[-1].reason, **end)
        grow(db)


def hide_too(db: Connection, before: str, after: str, who: str) -> None:
    """Decide of a record what holds of another one that it takes the place of."""
    there = {(item.kind, item.target) for item in hidings(db).of(after)}
    for hiding in hidings(db).of(before):
        target = after + (f"#{hiding.place}" if hiding.place else "")
        if (hiding.kind, target) not in there:
            db.execute(
                "INSERT INTO hidings (kind, target, words, answer, reason, who, decided_at, until) "
                "SELECT kind, ?, words, answer, reason, who, decided_at, until FROM hidings "
                "WHERE id = ?",
                [target, hiding.id],
            )
            note(db, who, hiding.kind, target, reason=hiding.reason)


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise BotError("请用 --reason 写明原因")
    if len(reason) > _LONGEST_REASON:
        raise BotError(f"原因有{len(reason)}字，最多{_LONGEST_REASON}字；没有改动")


def _refuse_second(kind: HidingKind, target: str, decided: Sequence[Hiding]) -> None:
    """Two decisions of one kind about one thing contradict each other."""
    for hiding in decided:
        name = "全部公司" if target == EVERYTHING else target
        by = f"由 {hiding.who} " if hiding.who else ""
        raise BotError(
            f"{name} 已{by}{_DONE[kind]}（原因：{hiding.reason or '未写'}），未作改动；"
            f"要改，先恢复：{undo_command(kind, target)}"
        )


def _own(db: Connection, record: Record, unit: Question | None) -> list[Hiding]:
    """Those of just that, not of what holds it or is in it."""
    decided = hidings(db).of(record.id)
    if unit:
        return list(hidden_units(record, decided).get(unit.place, ()))
    return [item for item in decided if item.place is None]


def _instead(db: Connection, record: Record, unit: Question | None) -> str:
    """What does hide it, by the commands that end it."""
    decided = hidings(db).touching(record.id)
    wider = [item for item in decided if item.place is None]
    own = hidden_units(record, decided).get(unit.place, ()) if unit else ()
    commands = [undo_command(item.kind, item.target) for item in (*wider, *own)]
    return "；".join(dict.fromkeys(commands)) or f"irbot show {record.id} 查看状态"


def _same_id(one: str, other: str) -> bool:
    record_id, _, place = one.partition("#")
    other_id, _, other_place = other.partition("#")
    return (normal_id(record_id), place) == (normal_id(other_id), other_place)


def _id(record: Record, unit: Question | None) -> str:
    return f"{record.id}#{unit.place}" if unit else record.id
