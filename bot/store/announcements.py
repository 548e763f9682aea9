"""Later announcements: noted under a question or a paragraph, and taken off again."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.errors import BotError, NotFoundError, one_line
from bot.record import Announcement, Question, Record
from bot.store.announced import Announced, announced
from bot.store.connection import Connection, grow, instant
from bot.store.hidden import words_of
from bot.store.ids import normal_id
from bot.store.journal import note
from bot.store.records import Records

_LONGEST = {"编号": 40, "标题": 200, "网址": 2000}  # characters; what a chat can show in a line
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Announcements(Records):
    """An announcement outlives the version that it was noted on."""

    def add_announcement(self, target: str, announcement: Announcement, who: str) -> str:
        """Show it wherever a question or paragraph is shown; returns the id as stored.

        Raises:
            NotFoundError: No such question or paragraph.
            BotError: Its facts cannot be right, or it is noted there already.
        """
        record, unit = self._announced_unit(target)
        target = f"{record.id}#{unit.place}"
        _check(announcement, record)
        with self.database.transaction() as db:
            if self._at(record, unit.place, announcement.no):
                raise BotError(
                    f"{target} 已有编号 {announcement.no} 的此后公告；"
                    f"先撤销：{undo_later_command(target, announcement.no)}"
                )
            facts = _facts(announcement)
            db.table("announcements").insert(
                {
                    "target": target,
                    "words": words_of(unit),
                    **facts,
                    "added_at": instant(datetime.now(UTC)),
                    "undone_at": None,
                }
            )
            undo = undo_later_command(target, announcement.no)
            note(db, who, "later", target, **facts, undo=undo)
            grow(db)
        return target

    def undo_announcement(self, target: str, no: str, who: str) -> tuple[str, Announcement]:
        """Show it no more; returns the id as stored and what it was.

        Raises:
            NotFoundError: No such question or paragraph, or no such announcement there.
        """
        record, place = self._announced_place(target)
        target = f"{record.id}#{place}"
        with self.database.transaction() as db:
            noted = self._at(record, place, no)
            if not noted:
                raise NotFoundError(
                    f"{target} 编号 {one_line(no)} 的此后公告", f"irbot later {target} 查看"
                )
            now = instant(datetime.now(UTC))
            for item in noted:
                db.execute("UPDATE announcements SET undone_at = ? WHERE id = ?", [now, item.row])
            done = noted[0].announcement
            note(db, who, "later undone", target, no=no, undo=later_command(target, done))
            grow(db)
        return target, done

    def announcements(self, target: str = "") -> list[tuple[str, Announcement]]:
        """Ids and what was announced after them: all, a record's, or those of one question.

        Where a version has the question no more it is named as it was, so that it can be undone.

        Raises:
            NotFoundError: No such record, question or paragraph.
        """
        record_id, mark, _ = target.partition("#")
        only = self._announced_place(target)[1] if mark else ""
        noted = announced(self._db())
        stored = [self.record(key) for key in ([record_id] if target else sorted(noted))]
        stored.sort(key=lambda item: item.record.event_date, reverse=True)
        return [
            (f"{item.record.id}#{place}", one.announcement)
            for item in stored
            for one in noted.get(normal_id(item.record.id), ())
            if only in ("", place := one.place_in(item.record) or one.place)
        ]

    def _at(self, record: Record, place: str, no: str) -> list[Announced]:
        """Those of a number at a place."""
        return [
            item
            for item in announced(self._db()).get(normal_id(record.id), ())
            if item.announcement.no == no and place == (item.place_in(record) or item.place)
        ]

    def _announced_place(self, target: str) -> tuple[Record, str]:
        """A question or paragraph, or where one was that is no more."""
        record_id, mark, place = target.partition("#")
        record = self.record(record_id).record
        known = {item.place for item in announced(self._db()).get(normal_id(record.id), ())}
        return (
            (record, place)
            if mark and place in known
            else (record, self._announced_unit(target)[1].place)
        )

    def _announced_unit(self, target: str) -> tuple[Record, Question]:
        """The part of a question stands for the question: it is shown with it."""
        record_id, mark, place = target.partition("#")
        record = self.record(record_id).record
        whole, _, part = place.partition(".")
        unit = record.unit(whole)
        if not mark:
            example = f"{record.id}#{record.questions[0].number if record.questions else 'p1'}"
            raise BotError(f"请写明是哪一问，例如：{example}")
        if unit is None or (part and not (part.isdecimal() and unit.part(int(part)))):
            raise NotFoundError(target)
        return record, unit


def later_command(target: str, item: Announcement) -> str:
    """What is typed to note an announcement."""
    given = {"--no": item.no, "--title": item.title, "--date": item.day, "--url": item.url}
    options = " ".join(f"{name} {shlex.quote(str(value))}" for name, value in given.items())
    return f"irbot later {target} {options}"


def undo_later_command(target: str, no: str) -> str:
    """What is typed to take it off again."""
    return f"irbot later {target} --no {shlex.quote(no)} --undo"


def announce_too(db: Connection, before: str, after: str, who: str) -> None:
    """Show of a record what was announced after another one that it takes the place of."""
    there = {item.announcement for item in announced(db).get(normal_id(after), ())}
    for item in announced(db).get(normal_id(before), ()):
        if item.announcement not in there:
            target = f"{after}#{item.place}"
            db.execute(
                "INSERT INTO announcements (target, words, no, title, day, url, added_at) "
                "SELECT ?, words, no, title, day, url, added_at FROM announcements WHERE id = ?",
                [target, item.row],
            )
            undo = undo_later_command(target, item.announcement.no)
            note(db, who, "later", target, **_facts(item.announcement), undo=undo)


def _facts(announcement: Announcement) -> dict[str, str]:
    return {
        "no": announcement.no,
        "title": announcement.title,
        "day": announcement.day.isoformat(),
        "url": announcement.url,
    }


def _check(announcement: Announcement, record: Record) -> None:
    """
    Raises:
        BotError: A fact is missing, is no such thing, or lies before the event.
    """
    facts = {"编号": announcement.no, "标题": announcement.title, "网址": announcement.url}
    for name, text in facts.items():
        if not text.strip():
            raise BotError(f"此后公告的{name}是空的")
        if len(text) > _LONGEST[name]:
            raise BotError(f"此后公告的{name}有{len(text)}字，最多{_LONGEST[name]}字")
        if _STEERING.search(text):
            raise BotError(f"此后公告的{name}含换行或控制字符：{one_line(text)}")
    if not _is_web_address(announcement.url):
        raise BotError(f"网址应以 http:// 或 https:// 开头，并写全：{one_line(announcement.url)}")
    event = record.last_event
    first = event.start if event.precision == "month" else event.end
    if announcement.day < first:
        raise BotError(
            f"公告日期 {announcement.day} 早于 {record.id} 的活动日期 {record.event_date}，"
            "不是此后公告"
        )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    # Before an @ stands no company's name, however it reads: https://www.szse.cn@example.com
    is_plain = "@" not in parts.netloc and not re.search(r'[\s<>"]', url)
    return parts.scheme in ("http", "https") and bool(host) and is_plain
