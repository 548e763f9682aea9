"""What is stored: `irbot records`, `show`, `verify`, `withdraw`, `restore-version`."""

from __future__ import annotations

import click

from bot.config import Settings
from bot.errors import BotError, NotFoundError, one_line
from bot.ingest.embedding import embed_missing
from bot.ingest.verifying import verify_records
from bot.matching.model import chosen_embedder
from bot.record import Question, Record
from bot.store import Store, Stored, Version
from bot.wording.texts import Texts
from handlers.cli.import_report import tell_checked, tell_left
from handlers.cli.importing import MEANING_S
from handlers.cli.output import echo_json, say
from handlers.cli.settings import pass_settings
from handlers.json_output import (
    record_json,
    stored_question_json,
    summary_json,
    verify_json,
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings
def records(settings: Settings, as_json: bool) -> None:
    stored = Store(settings.db).records()
    if as_json:
        echo_json([summary_json(item) for item in stored])
        return
    for item in stored:
        record = item.record
        marks = "".join(f"（{mark}）" for mark in _marks(item))
        say(
            f"{record.id}  {record.company_name}  {record.event_date}  {record.activity}  "
            f"{len(record.questions)}问{marks}"
        )
    if not stored:
        say("库中还没有记录。请先导入：irbot import 文件或文件夹", err=True)


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings
def show(settings: Settings, id_: str, as_json: bool) -> None:
    record_id, _, number = id_.partition("#")
    store = Store(settings.db)
    stored = store.record(record_id)
    if not number:
        versions = store.versions(record_id)
        if as_json:
            echo_json(record_json(stored, versions))
            return
        _print_record(stored.record)
        _print_versions(stored, versions, settings)
        return
    place, _, part = number.partition(".")
    question = stored.record.unit(place)
    if question is None or (part and not (part.isdigit() and question.part(int(part)))):
        raise NotFoundError(id_)
    if as_json:
        echo_json(stored_question_json(stored.record, question, int(part) if part else None))
        return
    asked = question.session if question.is_narrative else question.question
    say(f"{question.printed_label or ''}{asked or ''}\n\n{question.answer}")


def _print_record(record: Record) -> None:
    """The record as a person would read it."""
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
    for section in record.narrative:
        say("\n" + "\n".join(filter(None, (section.heading, section.text))))
    for question in record.questions:
        say(f"\n{_label(question)}{question.question}\n答：{question.answer}")
    for warning in record.warnings:
        say(f"注意：{warning}", err=True)


def _label(question: Question) -> str:
    """What stands before a question: its printed label; of a row its number, days and address."""
    if not question.is_from_table:
        return question.printed_label or f"{question.number}（原文无编号）"
    about = filter(None, (Texts().row_dates(question), question.link))
    return f"第{question.number}问（{' '.join(about)}）"


def _marks(stored: Stored) -> list[str]:
    """Why a record or some of it is in no reply."""
    marks = ["已撤下"] if stored.withdrawn else []
    if stored.withdrawn_questions:
        marks.append(f"已撤下第{'、'.join(map(str, sorted(stored.withdrawn_questions)))}问")
    if stored.withdrawn_paragraphs:
        numbers = "、".join(map(str, sorted(stored.withdrawn_paragraphs)))
        marks.append(f"已撤下公司介绍第{numbers}段")
    if stored.superseded_by:
        marks.append(f"已被 {stored.superseded_by} 取代")
    return marks


def _print_versions(stored: Stored, versions: list[Version], settings: Settings) -> None:
    """Every version with its time, its files and its state."""
    say(f"\n版本（改回：irbot restore-version {stored.record.id} 版本号）：")
    for version in versions:
        at = version.imported_at.astimezone(settings.tz)
        files = "、".join(one_line(source.file) for source in version.sources) or "没有保存源文件"
        restored = f"，恢复自第{version.restored_from}版" if version.restored_from else ""
        state = "；".join(["现行", *_marks(stored)]) if version.is_shown else "旧版"
        say(f"第{version.number}版  {at:%Y-%m-%d %H:%M}  {files}  {state}{restored}")


@click.command("restore-version")
@click.argument("id_", metavar="ID")
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@pass_settings
def restore_version(settings: Settings, id_: str, number: int) -> None:
    store = Store(settings.db)
    done = store.restore_version(id_, number)
    embed_missing(store, chosen_embedder(settings.e5_onnx), MEANING_S, tell_left)
    shown = store.record(id_)
    if done.status == "unchanged":
        say(f"未变 {id_}：现行第{shown.version}版与第{number}版文字相同", err=True)
    else:
        say(f"已更新 {id_}：第{number}版的文字现为第{shown.version}版", err=True)
    for line in (*(f"改动：{change}" for change in done.changes), *_marks(shown)):
        say(f"  {line}", err=True)


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--reason", help="撤下的原因。")
@click.option("--undo", is_flag=True, help="恢复显示。")
@pass_settings
def withdraw(settings: Settings, id_: str, reason: str | None, undo: bool) -> None:
    store = Store(settings.db)
    if undo:
        say(f"已恢复 {store.undo_withdrawal(id_)}", err=True)
    elif reason:
        target = store.withdraw(id_, reason)
        say(f"已撤下 {target}；恢复：irbot withdraw {target} --undo", err=True)
    else:
        raise click.UsageError("请用 --reason 写明撤下的原因")


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


COMMANDS = (records, show, restore_version, withdraw, verify)
