"""What is stored: `irbot records`, `show`, `verify`, `restore-version`."""

from __future__ import annotations

from datetime import datetime

import click

from bot.config import Settings
from bot.errors import BotError, NotFoundError, one_line
from bot.ingest.embedding import embed_missing
from bot.ingest.verifying import verify_records
from bot.matching.model import chosen_embedder
from bot.record import Question, Record
from bot.store import State, Store, Stored, Version
from bot.wording.texts import Texts
from handlers.cli.import_report import tell_checked, tell_left
from handlers.cli.importing import MEANING_S
from handlers.cli.output import echo_json, operator, say
from handlers.cli.settings import pass_settings
from handlers.cli.states import told_publication, told_state
from handlers.json_output import (
    record_json,
    states_json,
    stored_question_json,
    summary_json,
    verify_json,
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings
def records(settings: Settings, as_json: bool) -> None:
    store, now = Store(settings.db), settings.now()
    stored = store.records(now)
    if as_json:
        echo_json([summary_json(item, *_all_states(store, item, now)) for item in stored])
        return
    for item in stored:
        whole, units = _all_states(store, item, now)
        record = item.record
        say(
            f"{record.id}  {record.company_name}  {record.event_date}  {record.activity}  "
            f"{len(record.questions)}问"
        )
        for state in (*whole, *(one for own in units.values() for one in own)):
            say(f"  {told_state(state, settings.tz)}")
    if not stored:
        say("库中还没有记录。请先导入：irbot import 文件或文件夹", err=True)


def _all_states(
    store: Store, stored: Stored, now: datetime
) -> tuple[list[State], dict[str, list[State]]]:
    """What is the case of a record as a whole, and of what is in it."""
    return store.states(stored, now), store.states_of_units(stored)


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="另一版，例如草稿。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings
def show(settings: Settings, id_: str, version: int | None, as_json: bool) -> None:
    record_id, _, number = id_.partition("#")
    store, now = Store(settings.db), settings.now()
    stored = store.record(record_id, now, version)
    whole, units = _all_states(store, stored, now)
    if not number:
        versions = store.versions(record_id, now)
        if as_json:
            echo_json(record_json(stored, versions, whole, units))
            return
        _print_record(stored.record, units, settings)
        _print_versions(stored.record.id, versions, settings)
        for state in whole:
            say(told_state(state, settings.tz))
        return
    place, _, part = number.partition(".")
    question = stored.record.unit(place)
    if question is None or (part and not (part.isdigit() and question.part(int(part)))):
        raise NotFoundError(id_, f"irbot show {stored.record.id} 查看各问的编号")
    states = [*whole, *units.get(place, ())]
    if as_json:
        asked = stored_question_json(stored.record, question, int(part) if part else None)
        echo_json({**asked, **states_json(states)})
        return
    asked_words = question.session if question.is_narrative else question.question
    say(f"{question.printed_label or ''}{asked_words or ''}\n\n{question.answer}")
    for state in states:
        say(told_state(state, settings.tz), err=True)


def _print_record(record: Record, units: dict[str, list[State]], settings: Settings) -> None:
    """The record as a person would read it, what is not all shown under its id."""
    rows = [
        ("编号", record.record_no or "无编号"),
        ("活动类别", record.activity or "未能识别"),
        ("时间", "；".join(dates.printed for dates in record.event_dates)),
        ("地点", record.place),
        ("接待人员", "；".join(host.printed for host in record.hosts)),
        ("参与单位", record.attendees),
        *record.other,
        ("附件", "；".join(record.attachments)),
        ("日期", "、".join(record.form_dates)),
    ]
    say(f"{record.company_name}（{record.company_code}）{record.title}  {record.id}")
    for label, text in rows:
        if text:
            say(f"{label}：{text}")
    heading: str | None = None
    for paragraph in record.paragraphs:
        if paragraph.session and paragraph.session != heading:
            say(f"\n{paragraph.session}")
        heading = paragraph.session
        _print_place(record, paragraph, units, settings)
        say(paragraph.answer)
    for question in record.questions:
        _print_place(record, question, units, settings)
        say(f"{_label(question)}{question.question}\n答：{question.answer}")
    for warning in record.warnings:
        say(f"注意：{warning}", err=True)


def _label(question: Question) -> str:
    """What stands before a question: its printed label; of a row its number, days and address."""
    if not question.is_from_table:
        return question.printed_label or f"{question.number}（原文无编号）"
    about = filter(None, (Texts().row_dates(question), question.link))
    return f"第{question.number}问（{' '.join(about)}）"


def _print_place(
    record: Record, unit: Question, units: dict[str, list[State]], settings: Settings
) -> None:
    """The id that may be typed, and what is the case there."""
    say(f"\n[{record.id}#{unit.place}]")
    for state in units.get(unit.place, ()):
        say(f"[{told_state(state, settings.tz)}]")


def _print_versions(record_id: str, versions: list[Version], settings: Settings) -> None:
    """Every version with its time, its files and its state."""
    say(f"\n版本（改回：irbot restore-version {record_id} 版本号）：")
    for version in versions:
        at = version.imported_at.astimezone(settings.tz)
        files = "、".join(one_line(source.file) for source in version.sources) or "没有保存源文件"
        restored = f"，恢复自第{version.restored_from}版" if version.restored_from else ""
        now = settings.now()
        state = "现行" if version.is_shown else "旧版"
        if not version.publication.is_public(now):
            state = told_publication(version.publication, settings.tz, now)
        who = f"  {version.who}" if version.who else ""
        say(f"第{version.number}版  {at:%Y-%m-%d %H:%M}{who}  {files}  {state}{restored}")


@click.command("restore-version")
@click.argument("id_", metavar="ID")
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@pass_settings
def restore_version(settings: Settings, id_: str, number: int) -> None:
    store = Store(settings.db)
    done = store.restore_version(id_, number, operator())
    embed_missing(store, chosen_embedder(settings.e5_onnx), MEANING_S, tell_left)
    newest = store.newest(id_)
    if done.status == "unchanged":
        say(f"未变 {id_}：现行第{newest.version}版与第{number}版文字相同", err=True)
    else:
        say(f"已更新 {id_}：第{number}版的文字现为第{newest.version}版", err=True)
    whole, units = _all_states(store, newest, settings.now())
    states = [*whole, *(state for own in units.values() for state in own)]
    told = [told_state(state, settings.tz) for state in states if state.kind != "corrected"]
    for line in (*(f"改动：{change}" for change in done.changes), *told):
        say(f"  {line}", err=True)


@click.command()
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--all", "only_differing", is_flag=True, help="核对全部，只列今天读出来不同的记录。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings
def verify(settings: Settings, id_: str | None, only_differing: bool, as_json: bool) -> None:
    if id_ and only_differing:
        raise click.UsageError("ID 与 --all 只能写一个")
    found = []
    for checked in verify_records(Store(settings.db), id_):
        found.append(checked)
        if not as_json and (checked.differences or checked.warnings or not only_differing):
            tell_checked(checked)
    if as_json:
        echo_json([verify_json(checked) for checked in found])
    differing = sum(bool(checked.differences) for checked in found)
    if differing:
        raise BotError(f"{differing} 份记录与源文件不一致（共{len(found)}份），办法见各份下方")
    if only_differing:
        say(f"共{len(found)}份记录，都与源文件一致", err=True)


COMMANDS = (records, show, restore_version, verify)
