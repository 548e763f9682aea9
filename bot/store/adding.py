"""What a file says → versions of records, under their ids (design: "Identity")."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from bot.errors import IdentityError, Problem, ReadingError
from bot.reading.comparing import Change, changes
from bot.record import Reading, Record
from bot.store.briefs import columns
from bot.store.connection import Connection, first, grow, insert, instant
from bot.store.contents import keep_content
from bot.store.ids import key_of
from bot.store.journal import note
from bot.store.publication import DRAFT, PUBLIC, Publication
from bot.store.publishing import Publishing, past
from bot.store.records import QUESTION_COLUMNS, Source, header_json, record_of

# A note of the record itself: kept with its words, in the language of the form.
_SAME_DAY = "与 {id} 同日且均无编号，文字不同，另存为一份"
_NUL = "含有 NUL 字符（U+0000），文件可能已损坏；请换一份完好的"  # PostgreSQL keeps none

Status = Literal["imported", "unchanged", "replaced"]


@dataclass(frozen=True)
class Added:
    """What became of one record of a file."""

    status: Status
    record: Record  # under the id it is stored with
    changes: tuple[Change, ...] = ()  # from what was shown to what the file says
    older: int | None = None  # unchanged, though the file says what this older version says
    publication: Publication = PUBLIC  # of the words that it is about
    publication_before: Publication | None = None  # where this changed it
    is_left_public: bool = False  # as it was, though another publication was asked for


@dataclass(frozen=True)
class Deed:
    """What a person decided of one file, and when."""

    source: Source
    replace_words: bool = False
    publication: Publication | None = None  # None: not said
    who: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


class Adding(Publishing):
    """Everything that makes a version."""

    def add(
        self,
        readings: Sequence[Reading],
        content: bytes,
        file: str,
        *,
        given: Mapping[str, str] | None = None,
        accept_warnings: bool = False,
        replace_words: bool = False,
        published_at: datetime | None = None,
        is_draft: bool = False,
        who: str = "",
        now: datetime | None = None,
    ) -> list[Added]:
        """Store what was read from one file, in one transaction.

        Where nothing is said of the publication, a new record is public, and other words of a
        stored one are published with the newest that are stored: a draft's correction is a draft.

        Args:
            readings: What was read.
            content: The file's bytes.
            file: Its name.
            given: Fields that a person filled in.
            accept_warnings: A person has looked at what the reader warns of.
            replace_words: They replace other words under their id.
            published_at: From when they may be shown; of public words a note of their past.
            is_draft: They are not shown until `publish` says when.
            who: Who imports.
            now: The bot's clock; None: the system's.

        Raises:
            IdentityError: An id is stored with other words, and neither the document nor
                `replace_words` says that these replace them. Nothing is changed.
            ReadingError: Two records of the file have one id, or it is not clear which of
                several unnumbered records is corrected, or one that is not public yet would have
                been public before. Nothing is changed.
        """
        deed = Deed(
            Source(file, hashlib.sha256(content).hexdigest(), given or {}, accept_warnings),
            replace_words,
            DRAFT if is_draft else Publication(published_at) if published_at else None,
            who,
            now or datetime.now(UTC),
        )
        with self.database.transaction() as db:
            keep_content(db, deed.source.sha256, [content], len(content))
            placed: dict[str, Record] = {}
            added = []
            for reading in readings:
                item = self._add(db, reading.record, deed, placed)
                placed[key_of(item.record)] = item.record
                added.append(item)
            if any(item.status != "unchanged" or item.publication_before for item in added):
                grow(db, only_more=all(_is_more(item) for item in added))
        return added

    def _add(
        self, db: Connection, record: Record, deed: Deed, placed: Mapping[str, Record]
    ) -> Added:
        _refuse_nul(record, deed.source.file)
        record, row = self._place(db, record, deed, placed)
        if row is None:
            publication = deed.publication or PUBLIC
            self._write(db, record, deed, publication)
            return Added("imported", record, publication=publication)
        before = Publication.of(row)
        questions = self._questions(db, row["version_id"])
        newest = record_of(row["header"], questions, row["version"])
        is_original = newest.is_from_table and not record.is_from_table  # it takes their place
        same = newest.words_hash() == record.words_hash()  # not the kept hash: it may be damaged
        if same and not is_original:
            self._attach(db, row["version_id"], deed.source)
            return self._unchanged(db, record, row, deed)
        differing = tuple(changes(newest, record))
        if not (deed.replace_words or is_original):
            if self._is_source(db, row["version_id"], deed.source):
                return Added("unchanged", record, differing, publication=before)
            if older := self._older(db, row["id"], record, deed.source):
                if older["words_hash"] == record.words_hash():
                    self._attach(db, older["id"], deed.source)
                return Added("unchanged", record, differing, older["version"], before)
            if not record.is_correction:
                stored_file = self._sources(db, row["version_id"])[0].file
                raise IdentityError(row["id"], stored_file, deed.source.file, differing)
        publication = deed.publication or before
        self._write(db, record, deed, publication, row["id"])
        return Added("replaced", record, differing, publication=publication)

    def _unchanged(
        self, db: Connection, record: Record, row: Mapping[str, Any], deed: Deed
    ) -> Added:
        """Of stored words nothing but their publication may change; what is public stays so."""
        before = Publication.of(row)
        wanted = deed.publication or before
        if wanted == before:
            return Added("unchanged", record, publication=before)
        if before.is_public(deed.now) and (before.at or not wanted.is_public(deed.now)):
            return Added("unchanged", record, publication=before, is_left_public=True)
        if not before.is_public(deed.now) and wanted.is_public(deed.now):
            told = f"{row['id']} 已收录，还未公布；{past(wanted.at)}"
            todo = f"立即公布：irbot publish {row['id']}"
            raise ReadingError(deed.source.file, (Problem(f"{told}；{todo}"),))
        self._set_publication(db, row, wanted, deed.who)
        return Added("unchanged", record, publication=wanted, publication_before=before)

    # Which record it is

    def _place(
        self,
        db: Connection,
        record: Record,
        deed: Deed,
        placed: Mapping[str, Record],
    ) -> tuple[Record, dict[str, Any] | None]:
        """The record under the id that it gets, and what is stored there."""
        if record.record_no is not None:
            if twin := placed.get(key_of(record)):
                raise ReadingError(deed.source.file, (_twins(twin, record),))
            return record, self._newest(db, key_of(record))
        # Without 编号 several activities of one day share the date; words tell them apart.
        day = self._of_day(db, record)
        free = [(item, row) for item, row in day if key_of(item) not in placed]
        for known in (
            lambda row: row["words_hash"] == record.words_hash(),
            lambda row: self._is_source(db, row["version_id"], deed.source),
            lambda row: self._older(db, row["id"], record, deed.source),
        ):
            if found := next(((item, row) for item, row in free if known(row)), None):
                return found
        if free and (record.is_correction or deed.replace_words):
            return self._corrected(record, deed.source, free)
        if not day:
            return record, None
        same_day = _SAME_DAY.format(id=day[0][1]["id"])
        notes = (*(item for item in record.notes if item != same_day), same_day)
        return replace(record, sequence=len(day) + 1, notes=notes), None

    def _of_day(self, db: Connection, record: Record) -> list[tuple[Record, dict[str, Any]]]:
        """The record under each id that its day has stored, with what is shown there."""
        found = list[tuple[Record, dict[str, Any]]]()
        while row := self._newest(db, key_of(item := replace(record, sequence=len(found) + 1))):
            found.append((item, row))
        return found

    def _corrected(
        self, record: Record, source: Source, day: list[tuple[Record, dict[str, Any]]]
    ) -> tuple[Record, dict[str, Any]]:
        """The one of a day's records that this one corrects: with most of its questions."""
        if len(day) == 1:
            return day[0]
        asked = {"".join(item.question.split()) for item in record.questions}
        shared = [
            sum(
                "".join(item.question.split()) in asked
                for item in self._questions(self._db(), row["version_id"])
            )
            for _, row in day
        ]
        if max(shared) and shared.count(max(shared)) == 1:
            return day[shared.index(max(shared))]
        ids = "、".join(row["id"] for _, row in day)
        what = f"这一天有{len(day)}份无编号的记录（{ids}），看不出它更正的是哪一份"
        raise ReadingError(
            source.file, (Problem(f"{what}；可用 --set record_no=编号 另行收录，再撤下有误的一份"),)
        )

    def _older(
        self, db: Connection, record_id: str, record: Record, source: Source
    ) -> dict[str, Any] | None:
        """The newest older version that says these words, else one read from these bytes."""
        return first(
            db,
            "SELECT v.id, v.version, v.words_hash FROM versions v WHERE v.record_id = ? "
            "AND v.version < (SELECT max(version) FROM versions WHERE record_id = v.record_id) "
            "AND (v.words_hash = ? OR EXISTS "
            "(SELECT 1 FROM version_sources s WHERE s.version_id = v.id AND s.sha256 = ?)) "
            "ORDER BY v.words_hash = ? DESC, v.version DESC LIMIT 1",
            record_id,
            record.words_hash(),
            source.sha256,
            record.words_hash(),
        )

    def _is_source(self, db: Connection, version_id: int, source: Source) -> bool:
        return bool(
            first(
                db,
                "SELECT 1 FROM version_sources WHERE version_id = ? AND sha256 = ?",
                version_id,
                source.sha256,
            )
        )

    # Writing

    def _write(
        self,
        db: Connection,
        record: Record,
        deed: Deed,
        publication: Publication,
        record_id: str | None = None,
    ) -> None:
        """A new version; of a new record where no id is given."""
        what = "replace" if record_id else "import"
        if record_id is None:
            record_id = record.id
            db.table("records").insert(
                {
                    "id": record_id,
                    "key": key_of(record),
                    "company_code": record.company_code,
                    "company_name": record.company_name,
                    "superseded_by": None,
                }
            )
        version_id, version = self._write_version(db, record, record_id, publication)
        self._attach(db, version_id, deed.source)
        note(
            db,
            deed.who,
            what,
            record_id,
            version=version,
            file=deed.source.file,
            **({} if publication == PUBLIC else publication.columns()),
        )

    def _write_version(
        self,
        db: Connection,
        record: Record,
        record_id: str,
        publication: Publication,
        restored_from: int | None = None,
    ) -> tuple[int, int]:
        """A new version; returns its row's id and its number."""
        last = first(
            db, "SELECT max(version) AS version FROM versions WHERE record_id = ?", record_id
        )
        number = ((last and last["version"]) or 0) + 1
        version_id = insert(
            db,
            "versions",
            {
                "record_id": record_id,
                "version": number,
                "words_hash": record.words_hash(),
                "header": header_json(record),
                "event_date": record.event_date,
                "imported_at": instant(datetime.now(UTC)),
                "restored_from": restored_from,
                **publication.columns(),
                **columns(record),
            },
        )
        for position, item in enumerate(record.questions, 1):
            question_id = insert(
                db,
                "questions",
                {
                    "version_id": version_id,
                    "position": position,
                    **{name: getattr(item, name) for name in QUESTION_COLUMNS},
                },
            )
            db.table("parts").insert_all(
                {
                    "question_id": question_id,
                    "number": part.number,
                    "question_start": part.question_span[0],
                    "question_end": part.question_span[1],
                    "answer_start": part.answer_span[0],
                    "answer_end": part.answer_span[1],
                }
                for part in item.parts
            )
        return version_id, number

    def _attach(self, db: Connection, version_id: int, source: Source) -> None:
        """The version was read from this source, too."""
        db.table("version_sources").insert(
            {
                "version_id": version_id,
                "sha256": source.sha256,
                "file": source.file,
                "given": json.dumps(dict(source.given), ensure_ascii=False),
                "accept_warnings": int(source.accept_warnings),
                "imported_at": instant(datetime.now(UTC)),
            },
            ignore=True,
        )


def _is_more(item: Added) -> bool:
    """Whether it changes nothing that was there."""
    return item.status in ("imported", "unchanged") and not item.publication_before


def _twins(one: Record, other: Record) -> Problem:
    told = "；".join(
        f"第{place}份 {item.event_date} 共{len(item.questions)}问"
        + (f"，首问“{item.questions[0].question[:20]}”" if item.questions else "")
        for place, item in (("一", one), ("二", other))
    )
    return Problem(
        f"文件里有两份记录同为 {one.id}（编号 {one.record_no} 与 {other.record_no}）：{told}；"
        "都没有收录。请核对编号，分成两个文件后再导入"
    )


def _refuse_nul(record: Record, file: str) -> None:
    """No engine gets official words that one of them could not keep as they are."""
    problems = [
        Problem(_NUL, question_no=item.number)
        for item in record.questions
        if _has_nul(*(getattr(item, name) for name in QUESTION_COLUMNS))
    ]
    told = (record.company_name, record.record_no)
    if _has_nul(*told) or any(_has_nul(item.answer) for item in record.paragraphs):
        problems.insert(0, Problem(_NUL))
    if problems:
        raise ReadingError(file, tuple(problems))


def _has_nul(*values: object) -> bool:
    """Whether one of them is a text with a NUL character."""
    return any(isinstance(value, str) and "\0" in value for value in values)
