"""A record against its source, and back to what it was: `irbot verify`, `restore-version`."""

from __future__ import annotations

from itertools import chain

import click

from bot.config import Settings
from bot.errors import BotError
from bot.ingest.embedding import embed_missing
from bot.ingest.verifying import verify_records
from bot.matching.model import chosen_embedder
from bot.store import Store
from handlers.cli.import_report import tell_checked, tell_left
from handlers.cli.importing import MEANING_S
from handlers.cli.output import echo_json, operator, say
from handlers.cli.settings import pass_settings_of_store, pass_settings_to_look
from handlers.cli.states import told_state
from handlers.json_output import verify_json


@click.command("restore-version")
@click.argument("id_", metavar="ID")
@click.argument("number", metavar="N", type=click.IntRange(min=1))
@pass_settings_of_store
def restore_version(settings: Settings, id_: str, number: int) -> None:
    store = Store(settings.db)
    done = store.restore_version(id_, number, operator())
    embed_missing(store, chosen_embedder(settings.e5_onnx), MEANING_S, tell_left)
    newest = store.newest(id_)
    if done.status == "unchanged":
        say(f"未变 {id_}：现行第{newest.version}版与第{number}版文字相同", err=True)
    else:
        say(f"已更新 {id_}：第{number}版的文字现为第{newest.version}版", err=True)
    units = store.states_of_units(newest)
    states = [*store.states(newest, settings.now()), *chain.from_iterable(units.values())]
    told = [told_state(state, settings.tz) for state in states if state.kind != "corrected"]
    for line in (*(f"改动：{change}" for change in done.changes), *told):
        say(f"  {line}", err=True)


@click.command()
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--all", "only_differing", is_flag=True, help="核对全部，只列今天读出来不同的记录。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings_to_look
def verify(settings: Settings, id_: str | None, only_differing: bool, as_json: bool) -> None:
    if id_ and only_differing:
        raise click.UsageError("ID 与 --all 只能写一个")
    found = []
    for checked in verify_records(Store(settings.db), id_):
        found.append(checked)
        if not as_json and (checked.differences or checked.warnings or not only_differing):
            tell_checked(checked)
    if as_json:
        told = [verify_json(checked) for checked in found]
        echo_json(told, frame=("differences", "warnings", "todo"))
    differing = sum(bool(checked.differences) for checked in found)
    if differing:
        raise BotError(f"{differing} 份记录与源文件不一致（共{len(found)}份），办法见各份下方")
    if only_differing:
        say(f"共{len(found)}份记录，都与源文件一致", err=True)


COMMANDS = (restore_version, verify)
