"""`irbot import`: files and folders into the store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click

from bot.config import Settings
from bot.errors import BotError
from bot.indexing.keeping import keep_files
from bot.ingest.embedding import embed_missing
from bot.ingest.files import files_in
from bot.ingest.importing import Options, Outcome, how_many, import_files
from bot.ingest.verifying import verify_records
from bot.matching.model import chosen_embedder
from bot.store import Store
from handlers.cli.import_report import report, summary, tell_checked, tell_counted, tell_left
from handlers.cli.output import DRAFT, Publication, echo_json, in_zone, operator, say
from handlers.cli.settings import pass_settings
from handlers.json_output import import_json

MEANING_S = 60.0  # for the vectors of what was just stored; the rest is left to `serve`
_FEW_FILES = 20  # an import of more leaves meaning to `serve`


def _fields(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    given = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{value} 应写成 字段=值，例如 event_date=2025-04-28")
        given[name.strip()] = text.strip()
    return given


@click.command("import")
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
@click.option(
    "--published",
    type=Publication(),
    metavar="INSTANT|draft",
    help="从此刻起才可显示；draft：到 irbot publish 为止。",
)
@click.option("--accept-warnings", is_flag=True, help="已人工核对：有未归位文字也收录。")
@click.option("--replace", "replace_words", is_flag=True, help="同一编号文字不同时以新文件为准。")
@click.option("--quiet", is_flag=True, help="只报告新收录的和出错的文件。")
@pass_settings
def import_(
    settings: Settings,
    paths: tuple[Path, ...],
    again: str | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    given: dict[str, str],
    published: datetime | str | None,
    accept_warnings: bool,
    replace_words: bool,
    quiet: bool,
) -> None:
    if bool(paths) == bool(again) or (yes and not again):
        raise click.UsageError("请写文件或文件夹；或用 --again ID [--yes] 重读一份已收录的记录")
    options = Options(
        given,
        in_zone(published, settings.tz) if isinstance(published, datetime) else None,
        accept_warnings,
        replace_words,
        dry_run,
        is_draft=published == DRAFT,
        who=operator(),
        now=settings.now(),
    )
    if again:
        if as_json or given or published or replace_words:
            raise click.UsageError("--again 只能与 --yes、--dry-run、--accept-warnings 同用")
        store = Store(settings.db)
        _read_again(store, again, options, yes)
        if not dry_run:
            embed_missing(store, chosen_embedder(settings.e5_onnx), MEANING_S, tell_left)
        return
    embedder = chosen_embedder(settings.e5_onnx)
    files = files_in(paths, settings.db)
    outcomes = []
    for outcome in _with_progress(
        import_files(Store(settings.db), files, options, frozenset(paths)), files
    ):
        outcomes.append(outcome)
        if not as_json and not (quiet and outcome.status in ("unchanged", "skipped")):
            say(report(outcome, dry_run, settings.tz, settings.now()), err=True)
    if not dry_run:
        keep_files(Store(settings.db), tell_counted)
        budget_s = MEANING_S if len(files) <= _FEW_FILES else 0.0
        left = embed_missing(Store(settings.db), embedder, budget_s, tell_left)
        if left and not as_json:
            say(f"另有{left}句的语义向量待算，irbot serve 启动后在后台补齐", err=True)
    if as_json:
        echo_json([import_json(outcome) for outcome in outcomes])
    elif len(outcomes) > 1 and not quiet:
        say(summary(outcomes, dry_run), err=True)
    if not files:
        raise BotError("没有找到可导入的文件")
    if any(outcome.is_out for outcome in outcomes):
        raise SystemExit(1)


def _read_again(store: Store, record_id: str, options: Options, yes: bool) -> None:
    """Show what today's reader reads otherwise; replace the record after a look."""
    accept = options.accept_warnings
    (checked,) = verify_records(store, record_id, accept_warnings=accept)
    tell_checked(checked)
    if not checked.differences:
        return
    if checked.reread is None:
        raise BotError("未作改动")
    if options.dry_run:
        say("试运行，未写入", err=True)
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
        store.read_again(checked.record_id, left.reread, left.sources, options.who)
    say(f"已更新 {checked.record_id}；各版：irbot show {checked.record_id}", err=True)


def _with_progress(outcomes: Iterator[Outcome], files: list[Path]) -> Iterator[Outcome]:
    count = how_many(files) if sys.stderr.isatty() else 0
    if count < 3:
        yield from outcomes
        return
    with click.progressbar(outcomes, length=count, label="导入", file=sys.stderr) as progress:
        yield from progress


COMMANDS = (import_,)
