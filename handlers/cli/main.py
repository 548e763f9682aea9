"""`irbot …`: the command line, and the one place where handlers are wired.

JSON alone goes to stdout. Everything else – progress, notes, errors – goes to stderr, one line for
each error, exit code 1; wrong usage is exit code 2.
"""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter
from typing import Any

import click

from bot.answering.explanation_text import told
from bot.answering.responder import Desk
from bot.bootstrap import open_desk
from bot.commands import Plan
from bot.config import CHINA, Settings, load_settings, share_network
from bot.errors import BotError, NotFoundError, one_line, printable
from bot.evaluating import ask_all, diagram, plain_id, read_queries, report, run_file, table
from bot.evaluating.misses import grouped
from bot.ingest.embedding import learn_meaning
from bot.ingest.importing import Options, Outcome, files_in, import_files
from bot.ingest.verifying import Checked, verify_records
from bot.matching.model import chosen_embedder
from bot.message import Chat, Hit, Message
from bot.record import Record
from bot.store import Added, Store, Stored, Version
from bot.store.connection import why
from handlers.cli.json_output import (
    import_json,
    record_json,
    reply_json,
    stored_question_json,
    summary_json,
    verify_json,
)

_SAMPLE = Path("data/records")
_MEANING_S, _FEW_FILES = 60.0, 20  # an import of more files leaves meaning to `serve`
_FIRST_QUESTION = "可转债"


def _say(text: str = "", *, err: bool = False) -> None:
    """Print what may hold names of files or words of documents: nothing in it steers a terminal."""
    click.echo(printable(text), err=err)


class _Failure(click.ClickException):
    """One line to stderr, exit code 1."""

    def show(self, file: Any = None) -> None:
        _say(self.message, err=True)


@contextmanager
def _typed_words_escaped() -> Iterator[None]:
    """Click repeats in its errors what was typed, which may be a file's name."""
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise  # its message is the help
    except click.UsageError as error:
        raise click.UsageError(one_line(error.format_message()), error.ctx) from error


class _Group(click.Group):
    """Everything raised on purpose becomes a clear line; a bug still shows its traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        with _typed_words_escaped():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _typed_words_escaped():
                return super().invoke(ctx)
        except BotError as error:
            raise _Failure(str(error)) from error
        except sqlite3.Error as error:
            raise _Failure(why(ctx.obj.db, error)) from error


def main() -> None:
    """The console script."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    cli()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="irbot")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """用上市公司投资者关系活动记录表的原文回答投资者提问；记录里没有的，直说没有。"""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    if not any(word in sys.argv[1:] for word in ("-h", "--help")):
        share_network()
        ctx.obj = load_settings()


class _Day(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} 不是日期；请写成 2025-06-30", param, ctx)


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        try:
            instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} 不是时刻；请写成 2025-04-29T18:00:00+08:00", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=CHINA)


# Records


def _fields(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    given = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{value} 应写成 字段=值，例如 event_date=2025-04-28")
        given[name.strip()] = text.strip()
    return given


@cli.command("import")
@click.argument("paths", nargs=-1, type=click.Path(readable=False, path_type=Path))
@click.option("--again", metavar="ID", help="用今天的读取程序重读一份已收录记录的源文件。")
@click.option("--yes", is_flag=True, help="与 --again 同用：已看过不同处，不再询问。")
@click.option("--dry-run", is_flag=True, help="只显示会发生什么，不写入。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.option(
    "--set",
    "given",
    multiple=True,
    callback=_fields,
    metavar="FIELD=VALUE",
    help="补上读不出的字段。",
)
@click.option("--published", type=_Instant(), help="从此刻起才可显示。")
@click.option("--accept-warnings", is_flag=True, help="已人工核对：有未归位文字也收录。")
@click.option("--replace", "replace_words", is_flag=True, help="同一编号文字不同时以新文件为准。")
@click.option("--quiet", is_flag=True, help="只报告新收录的和出错的文件。")
@click.pass_obj
def import_(
    settings: Settings,
    paths: tuple[Path, ...],
    again: str | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    given: dict[str, str],
    published: datetime | None,
    accept_warnings: bool,
    replace_words: bool,
    quiet: bool,
) -> None:
    """导入记录表文件或文件夹；重复导入不改变什么。"""
    if bool(paths) == bool(again) or (yes and not again):
        raise click.UsageError("请写文件或文件夹；或用 --again ID [--yes] 重读一份已收录的记录")
    options = Options(given, published, accept_warnings, replace_words, dry_run)
    if again:
        if as_json or options != Options(accept_warnings=accept_warnings, dry_run=dry_run):
            raise click.UsageError("--again 只能与 --yes、--dry-run、--accept-warnings 同用")
        store = Store(settings.db)
        _read_again(store, again, options, yes)
        if not dry_run:
            learn_meaning(store, chosen_embedder(settings.e5_onnx), _MEANING_S, _tell_left)
        return
    embedder = chosen_embedder(settings.e5_onnx)
    files = files_in(paths)
    outcomes = []
    for outcome in _with_progress(
        import_files(Store(settings.db), files, options, frozenset(paths)), len(files)
    ):
        outcomes.append(outcome)
        if not as_json and not (quiet and outcome.status in ("unchanged", "skipped")):
            _say(_report(outcome, dry_run), err=True)
    if not dry_run:
        budget_s = _MEANING_S if len(files) <= _FEW_FILES else 0.0
        left = learn_meaning(Store(settings.db), embedder, budget_s, _tell_left)
        if left and not as_json:
            _say(f"另有{left}句的语义向量待算，irbot serve 启动后在后台补齐", err=True)
    if as_json:
        _echo_json([import_json(outcome) for outcome in outcomes])
    elif len(outcomes) > 1 and not quiet:
        _say(_summary(outcomes, dry_run), err=True)
    if not files:
        raise BotError("没有找到可导入的文件")
    if any(outcome.status == "refused" for outcome in outcomes):
        raise SystemExit(1)


_STATUS = {
    "imported": "已收录",
    "unchanged": "未变",
    "replaced": "已更新",
    "refused": "未收录",
    "skipped": "跳过",
}


def _report(outcome: Outcome, dry_run: bool) -> str:
    """What became of a file, in Chinese, with the totals of the proof."""
    if outcome.reason:
        return f"{_STATUS[outcome.status]}：{outcome.reason}"
    lines = []
    for item, reading in zip(outcome.added, outcome.readings, strict=True):
        record, proof = item.record, reading.proof
        status = _STATUS[item.status].replace("已", "将") if dry_run else _STATUS[item.status]
        furniture = sum(len("".join(piece.text.split())) for piece in proof.furniture)
        unplaced = sum(len("".join(piece.text.split())) for piece in proof.unplaced)
        lines.append(
            f"{status} {record.id}：{record.company_name} {record.event_date} "
            f"共{len(record.questions)}问；正文{proof.placed}字、版面{furniture}字、"
            f"未归位{unplaced}字（{one_line(outcome.file)}）"
        )
        lines += [f"  注意：{warning}" for warning in record.warnings]
        lines += [f"  说明：{note}" for note in record.notes]
        lines += _differing(item, outcome.file)
    return "\n".join(lines)


def _differing(item: Added, file: str) -> list[str]:
    """What a replacement changed; or why a file that says otherwise changed nothing."""
    changed = [f"  改动：{change}" for change in item.changes]
    if item.status != "unchanged" or not changed:
        return changed
    if item.older is None:
        why_not = "  注意：现行文字是从这个文件读的，今天读出来却不同，未作改动。核对原件后："
        todo = f"irbot import --again {item.record.id}"
    else:
        why_not = f"  注意：这是第{item.older}版，现在显示的是更新的一版，未作改动。要改回这一版："
        todo = f"irbot restore-version {item.record.id} {item.older}"
    told = [line.replace("  改动：", "  与现行不同：") for line in changed]
    return [f"{why_not}{todo}（或 irbot import --replace {one_line(file)}）", *told]


def _summary(outcomes: list[Outcome], dry_run: bool) -> str:
    """How many files went where, and which are out."""
    count = Counter[str](outcome.status for outcome in outcomes)
    told = "、".join(f"{_STATUS[status]}{count[status]}" for status in _STATUS if count[status])
    out = [one_line(Path(outcome.file).name) for outcome in outcomes if outcome.status == "refused"]
    line = f"共{len(outcomes)}个文件：{told}{'（试运行，未写入）' if dry_run else ''}"
    return line + (f"\n未收录的文件：{'、'.join(out)}" if out else "")


def _read_again(store: Store, record_id: str, options: Options, yes: bool) -> None:
    """Show what today's reader reads otherwise; replace the record after a look."""
    accept = options.accept_warnings
    (checked,) = verify_records(store, record_id, accept_warnings=accept)
    _tell(checked)
    if not checked.differences:
        return
    if checked.reread is None:
        raise BotError("未作改动")
    if options.dry_run:
        _say("试运行，未写入", err=True)
        return
    if not yes:
        if not sys.stdin.isatty():
            more = " --accept-warnings" if accept else ""
            raise BotError(
                f"未作改动。核对以上各处后：irbot import --again {record_id} --yes{more}"
            )
        click.confirm("以今天读到的为准？原来的一版会保留", abort=True, err=True)
    for stray in checked.strays:
        store.move_source(checked.record_id, stray.source, stray.version)
    (left,) = verify_records(store, record_id, accept_warnings=accept)
    if left.reread is not None and left.differences:
        store.read_again(checked.record_id, left.reread, left.sources)
    _say(f"已更新 {checked.record_id}；各版：irbot show {checked.record_id}", err=True)


def _with_progress(outcomes: Iterator[Outcome], count: int) -> Iterator[Outcome]:
    if count < 3 or not sys.stderr.isatty():
        yield from outcomes
        return
    with click.progressbar(outcomes, length=count, label="导入", file=sys.stderr) as progress:
        yield from progress


def _tell_left(left: int) -> None:
    """How far the vectors are, on a line that the next output overwrites."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K正在计算语义向量，还有{left}句…\r", nl=False, err=True)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.pass_obj
def records(settings: Settings, as_json: bool) -> None:
    """列出已收录的记录，最新的在前。"""
    stored = Store(settings.db).records()
    if as_json:
        _echo_json([summary_json(item) for item in stored])
        return
    for item in stored:
        record = item.record
        marks = "".join(f"（{mark}）" for mark in _marks(item))
        _say(
            f"{record.id}  {record.company_name}  {record.event_date}  {record.activity}  "
            f"{len(record.questions)}问{marks}"
        )
    if not stored:
        _say("库中还没有记录。请先导入：irbot import 文件或文件夹", err=True)


@cli.command()
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.pass_obj
def show(settings: Settings, id_: str, as_json: bool) -> None:
    """显示一份记录或一个问题（300253/2025-002#24）。"""
    record_id, _, number = id_.partition("#")
    store = Store(settings.db)
    stored = store.record(record_id)
    if not number:
        versions = store.versions(record_id)
        if as_json:
            _echo_json(record_json(stored, versions))
            return
        _print_record(stored.record)
        _print_versions(stored, versions, settings)
        return
    digits, _, part = number.partition(".")
    question = stored.record.question(int(digits)) if digits.isdigit() else None
    if question is None or (part and not (part.isdigit() and question.part(int(part)))):
        raise NotFoundError(id_)
    if as_json:
        _echo_json(stored_question_json(stored.record, question, int(part) if part else None))
        return
    _say(f"{question.printed_label or ''}{question.question}\n\n{question.answer}")


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
    _say(f"{record.company_name}（{record.company_code}）{record.title}  {record.id}")
    for label, text in rows:
        if text:
            _say(f"{label}：{text}")
    for section in record.narrative:
        _say("\n" + "\n".join(filter(None, (section.heading, section.text))))
    for question in record.questions:
        label = question.printed_label or f"{question.number}（原文无编号）"
        _say(f"\n{label}{question.question}\n答：{question.answer}")
    for warning in record.warnings:
        _say(f"注意：{warning}", err=True)


def _marks(stored: Stored) -> list[str]:
    """Why a record or some of it is in no reply."""
    marks = ["已撤下"] if stored.withdrawn else []
    if stored.withdrawn_questions:
        marks.append(f"已撤下第{'、'.join(map(str, sorted(stored.withdrawn_questions)))}问")
    if stored.superseded_by:
        marks.append(f"已被 {stored.superseded_by} 取代")
    return marks


def _print_versions(stored: Stored, versions: list[Version], settings: Settings) -> None:
    """Every version with its time, its files and its state."""
    _say(f"\n版本（改回：irbot restore-version {stored.record.id} 版本号）：")
    for version in versions:
        at = version.imported_at.astimezone(settings.tz)
        files = "、".join(one_line(source.file) for source in version.sources) or "没有保存源文件"
        restored = f"，恢复自第{version.restored_from}版" if version.restored_from else ""
        state = "；".join(["现行", *_marks(stored)]) if version.is_shown else "旧版"
        _say(f"第{version.number}版  {at:%Y-%m-%d %H:%M}  {files}  {state}{restored}")


@cli.command("restore-version")
@click.argument("id_", metavar="ID")
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@click.pass_obj
def restore_version(settings: Settings, id_: str, number: int) -> None:
    """把一份记录改回第 N 版（irbot show ID 列出各版）；现在的一版保留。"""
    store = Store(settings.db)
    done = store.restore_version(id_, number)
    learn_meaning(store, chosen_embedder(settings.e5_onnx), _MEANING_S, _tell_left)
    shown = store.record(id_)
    if done.status == "unchanged":
        _say(f"未变 {id_}：现行第{shown.version}版与第{number}版文字相同", err=True)
    else:
        _say(f"已更新 {id_}：第{number}版的文字现为第{shown.version}版", err=True)
    for line in (*(f"改动：{change}" for change in done.changes), *_marks(shown)):
        _say(f"  {line}", err=True)


@cli.command()
@click.argument("id_", metavar="ID")
@click.option("--reason", help="撤下的原因。")
@click.option("--undo", is_flag=True, help="恢复显示。")
@click.pass_obj
def withdraw(settings: Settings, id_: str, reason: str | None, undo: bool) -> None:
    """从所有回复中撤下一份记录或一个问题；保留原文和原因。"""
    store = Store(settings.db)
    if undo:
        _say(f"已恢复 {store.undo_withdrawal(id_)}", err=True)
    elif reason:
        target = store.withdraw(id_, reason)
        _say(f"已撤下 {target}；恢复：irbot withdraw {target} --undo", err=True)
    else:
        raise click.UsageError("请用 --reason 写明撤下的原因")


@cli.command()
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--all", "only_differing", is_flag=True, help="核对全部，只列今天读出来不同的记录。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.pass_obj
def verify(settings: Settings, id_: str | None, only_differing: bool, as_json: bool) -> None:
    """用保存的源文件重新核对库中文字；有出入时退出码为 1。"""
    if id_ and only_differing:
        raise click.UsageError("ID 与 --all 只能写一个")
    found = []
    for checked in verify_records(Store(settings.db), id_):
        found.append(checked)
        if not as_json and (checked.differences or checked.warnings or not only_differing):
            _tell(checked)
    if as_json:
        _echo_json([verify_json(checked) for checked in found])
    differing = sum(bool(checked.differences) for checked in found)
    if differing:
        raise BotError(f"{differing} 份记录与源文件不一致（共{len(found)}份），办法见各份下方")
    if only_differing:
        _say(f"共{len(found)}份记录，都与源文件一致", err=True)


def _tell(checked: Checked) -> None:
    """What was found, in Chinese, and the command that helps."""
    for line in checked.differences:
        _say(f"{checked.record_id}：{line}", err=True)
    if not checked.differences:
        which = f"，第{checked.version}版；各版：irbot show {checked.record_id}"
        which *= checked.version > 1
        _say(f"{checked.record_id}：一致（{checked.questions}问{which}）", err=True)
    for warning in checked.warnings:
        _say(f"  注意：{warning}（收录时没有这条提示，请对照原件）", err=True)
    if checked.todo:
        _say(f"  → {checked.todo}", err=True)


# Asking


@cli.command()
@click.argument("text", nargs=-1)
@click.option("--file", "file", type=click.File("r", encoding="utf-8", errors="replace"))
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.option("--explain", is_flag=True, help="说明为什么这样答：词、候选、把握、冲突。")
@click.option("--as-of", type=_Day(), help="只看活动日期不晚于此日的记录。")
@click.option("--company", help="六位股票代码：只看一家公司。")
@click.pass_obj
def ask(
    settings: Settings,
    text: tuple[str, ...],
    file: Iterable[str] | None,
    as_json: bool,
    explain: bool,
    as_of: date | None,
    company: str | None,
) -> None:
    """回答一条提问；--file 逐行回答一个文件（- 为标准输入）。"""
    if bool(text) == (file is not None):
        raise click.UsageError("请写一条提问，或用 --file 指定文件")
    if company is not None and not (len(company) == 6 and company.isdigit()):
        raise click.UsageError("--company 应为六位股票代码，例如 300253")
    if file is not None:
        learn_meaning(Store(settings.db), chosen_embedder(settings.e5_onnx), tell=_tell_left)
    desk = open_desk(settings)
    for line in file or [" ".join(text)]:
        message = Message(line.rstrip("\r\n"), company=company, as_of=as_of)
        _answer(desk, message, as_json, explain)


def _answer(desk: Desk, message: Message, as_json: bool, explain: bool = False) -> None:
    reply = desk.reply(message)
    shown = desk.show(reply)
    explanation = desk.explain(message, reply) if explain else None
    if as_json:
        _echo_json(reply_json(message.text, reply, shown, explanation), one_line=True)
        return
    _say(shown.text)
    if explanation:
        _say("\n" + told(explanation, desk.words))


# The desk's


@cli.command()
@click.option("--channel", default="", help="会话的 id：按它的订阅和已发过的内容。")
@click.option("--date", "day", type=_Day(), help="哪一天的，默认今天。")
@click.pass_obj
def digest(settings: Settings, channel: str, day: date | None) -> None:
    """打印每日摘要会说什么；不发送，也不记录。"""
    desk = open_desk(settings)
    now = settings.now()
    chat, plan = Chat("cli", "", channel, ""), Plan(now.time())
    for subscription in desk.subscribing.subscriptions.active():
        if subscription.channel == channel:
            chat, plan = subscription.chat, subscription.plan
    at = datetime.combine(day or now.date(), plan.at, settings.tz)
    if plan.desk and not desk.subscribing.may_have_desk(chat):
        raise BotError(f"{channel} 不在 IR_DESK_CHANNELS 里，内部摘要不会发到那里")
    trading = desk.subscribing.editor.trading_days()
    if not (plan.every_day or trading.includes(at.date())):
        _say(f"{at.date()} 不是A股交易日，不会发送", err=True)
    said = desk.subscribing.editor.edit(chat, plan, at.date(), at)
    if said is None:
        _say("没有可发的内容，不会发送", err=True)
    else:
        _say(replace(desk.show(said), buttons=()).text)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.pass_obj
def misses(settings: Settings, as_json: bool) -> None:
    """列出没有直接答复的提问，相近的归为一组，最多的在前。"""
    groups = grouped(Store(settings.db).misses())
    if as_json:
        _echo_json([asdict(group) for group in groups])
        return
    for group in groups:
        last = datetime.fromisoformat(group.last_asked).astimezone(settings.tz)
        _say(
            f"{group.count}次（列出相近{group.offered}，未找到{group.count - group.offered}）"
            f"最近{last:%Y-%m-%d}  {group.texts[0]}"
        )
        for text in group.texts[1:]:
            _say(f"    {text}")
    if not groups:
        _say("没有未答上的提问", err=True)


@cli.command("eval")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--run", "run", type=click.Path(path_type=Path), help="把逐条结果写入此文件。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.option("--plot", type=click.Path(path_type=Path), help="把可靠性图和风险曲线写成 SVG。")
@click.pass_obj
def eval_(
    settings: Settings,
    files: tuple[Path, ...],
    run: Path | None,
    as_json: bool,
    plot: Path | None,
) -> None:
    """用标注好的提问文件（TSV：query、accept）检验当前的库：答得准不准、知不知道何时不答。"""
    queries = [query for file in files for query in read_queries(file)]
    learn_meaning(Store(settings.db), chosen_embedder(settings.e5_onnx), tell=_tell_left)
    started = perf_counter()
    desk = open_desk(settings)
    start_ms = (perf_counter() - started) * 1000
    stored = {
        plain_id(Hit(record, question, 1.0).id)
        for record in desk.records()
        for question in record.questions
    }
    if not stored:
        raise BotError("库中没有可以回答的记录；请先导入：irbot import 文件或文件夹")
    if missing := sorted(set().union(*(query.accept for query in queries)) - stored):
        _say(
            f"注意：标注的编号有 {len(missing)} 个不在库中（如 {missing[0]}）；"
            "请先导入这些记录，否则对应提问都算答错",
            err=True,
        )
    asked = list(ask_all(desk, queries))
    if run:
        _write(run, run_file(asked))
    if plot:
        _write(plot, diagram(asked))
    if as_json:
        _echo_json(
            {
                "files": list(map(str, files)),
                "start ms": start_ms,
                "matcher": desk.matcher,
                **report(asked),
            }
        )
        return
    _say(
        f"{len(desk.records())} 份记录、{len(stored)} 个问题，载入 {start_ms:.0f} 毫秒；"
        f"{len(asked)} 条提问；匹配版本 {desk.matcher}\n"
    )
    _say(table(asked))


@cli.command()
@click.pass_obj
def chat(settings: Settings) -> None:
    """在终端里提问。"""
    _talk(open_desk(settings), settings)


# Serving


@cli.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """启动全部已配置的聊天和本地网页，直到收到停止信号。"""
    from handlers import serving

    serving.serve(settings)


@cli.command()
@click.pass_obj
def start(settings: Settings) -> None:
    """首次使用：导入 data/records，演示一条真实答复，然后启动。"""
    from handlers import serving

    embedder = chosen_embedder(settings.e5_onnx)
    store = Store(settings.db)
    for outcome in import_files(store, files_in([_SAMPLE]), Options()):
        if outcome.status != "unchanged":
            _say(_report(outcome, dry_run=False), err=True)
    learn_meaning(store, embedder, _MEANING_S, _tell_left)
    desk = open_desk(settings, store)
    shown = desk.records()
    questions = sum(len(record.questions) for record in shown)
    _say(f"已载入 {len(shown)} 份记录、{questions} 个问题：", err=True)
    for record in shown[:5]:
        _say(f"  {desk.words.head(record)}（{record.id}）", err=True)
    _say(f"\n提问示例：{_FIRST_QUESTION}\n", err=True)
    _answer(desk, Message(_FIRST_QUESTION), as_json=False)
    _say("", err=True)
    if serving.chats_configured(settings):
        serving.serve(settings)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _say("直接输入问题；输入“帮助”看用法，“退出”结束。", err=True)
        _talk(desk, settings)
    else:
        serving.serve(settings)


_MARK = {True: "✓", False: "✗", None: "–"}


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.pass_obj
def doctor(settings: Settings, as_json: bool) -> None:
    """检查数据库、磁盘、时钟、记录、网络和已配置的聊天，并说明下一步。"""
    from handlers.doctor import findings

    found = []
    for finding in findings(settings):
        found.append(finding)
        if not as_json:
            todo = f"\n  → {finding.todo}" if finding.todo and finding.ok is not True else ""
            _say(f"{_MARK[finding.ok]} {finding.what}：{finding.said}{todo}")
    if as_json:
        _echo_json([asdict(finding) for finding in found])
    if any(finding.ok is False for finding in found):
        raise SystemExit(1)


@cli.group()
def slack() -> None:
    """接入 Slack。"""


@slack.command("manifest")
@click.option("--command", default="/ir", show_default=True, help="斜杠命令的名字。")
@click.option("--url", default="", help="HTTP 方式：/slack/events 的公网地址；不写为 Socket Mode。")
def slack_manifest(command: str, url: str) -> None:
    """打印应用清单，粘贴到 api.slack.com/apps 的 From a manifest。"""
    from handlers.slack.manifest import SCOPES, manifest

    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", command):
        raise click.BadParameter("应以 / 开头，小写字母、数字、- 或 _，例如 /wnir")
    _echo_json(manifest(command, url))
    for scope, purpose in SCOPES.items():
        _say(f"{scope}: {purpose}", err=True)


def _talk(desk: Desk, settings: Settings) -> None:
    # The chat's and the servers' libraries take half a second to load; `ask` needs none of them.
    from handlers.terminal import chat as talk

    talk(desk, settings.db.parent)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise BotError(f"{path}：无法写入（{error.strerror or error}）") from error


_UNSEEN = re.compile(
    "[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)  # and the rest by JSON


def _echo_json(value: Any, one_line: bool = False) -> None:
    """JSON for people, too: what steers a terminal is written as an escape, its value the same."""
    text = json.dumps(value, ensure_ascii=False, indent=None if one_line else 2)
    click.echo(_UNSEEN.sub(lambda char: f"\\u{ord(char[0]):04x}", text))
