"""The desk's own: `irbot digest`, `eval`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from time import perf_counter

import click

from bot.bootstrap import open_responder
from bot.commands import Plan
from bot.config import Settings
from bot.errors import BotError
from bot.evaluating import (
    JudgedQuery,
    Query,
    ask_all,
    beside,
    diagram,
    plain_id,
    plainly,
    read_queries,
    report,
    run_file,
    table,
)
from bot.ingest.embedding import embed_missing
from bot.matching.model import chosen_embedder
from bot.message import Chat, Hit
from bot.store import Store
from handlers.cli.import_report import tell_left
from handlers.cli.output import Day, echo_json, say, say_words, write
from handlers.cli.second_reader import reader_json, told, try_reader
from handlers.cli.settings import pass_settings_of_store, pass_settings_to_look


@click.command()
@click.option("--channel", default="", help="会话的 id：按它的订阅和已发过的内容。")
@click.option("--date", "day", type=Day(), help="哪一天的，默认今天。")
@pass_settings_to_look
def digest(settings: Settings, channel: str, day: date | None) -> None:
    responder = open_responder(settings)
    now = settings.now()
    chat, plan = Chat("cli", "", channel, ""), Plan(now.time())
    for subscription in responder.subscribing.subscriptions.active():
        if subscription.channel == channel:
            chat, plan = subscription.chat, subscription.plan
    at = datetime.combine(day or now.date(), plan.at, settings.tz)
    if plan.desk and not responder.subscribing.may_have_desk(chat):
        raise BotError(f"{channel} 不在 IR_DESK_CHANNELS 里，内部摘要不会发到那里")
    trading = responder.subscribing.digests.trading_days()
    if not (plan.every_day or trading.includes(at.date())):
        say(f"{at.date()} 不是A股交易日，不会发送", err=True)
    said = responder.subscribing.digests.build(chat, plan, at.date(), at)
    if said is None:
        say("没有可发的内容，不会发送", err=True)
    else:
        say_words(replace(responder.show(said), buttons=()).text)


@click.command("eval")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--run", "run", type=click.Path(path_type=Path), help="把逐条结果写入此文件。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.option("--plot", type=click.Path(path_type=Path), help="把可靠性图和风险曲线写成 SVG。")
@click.option(
    "--reader", is_flag=True, help="检验第二读者：没有它和有它时并列，能不能启用，为什么。"
)
@pass_settings_of_store
def eval_(
    settings: Settings,
    files: tuple[Path, ...],
    run: Path | None,
    as_json: bool,
    plot: Path | None,
    reader: bool,
) -> None:
    queries = [query for file in files for query in read_queries(file)]
    embed_missing(Store(settings.db), chosen_embedder(settings.e5_onnx), tell=tell_left)
    started = perf_counter()
    responder = open_responder(settings)
    start_ms = (perf_counter() - started) * 1000
    stored = {
        plain_id(Hit(record, question, 1.0).id)
        for record in responder.records()
        for question in record.questions
    }
    if not stored:
        raise BotError("库中没有可以回答的记录；请先导入：irbot import 文件或文件夹")
    if missing := sorted(set().union(*(query.accept for query in queries)) - stored):
        say(
            f"注意：标注的编号有 {len(missing)} 个不在库中（如 {missing[0]}）；"
            "请先导入这些记录，否则对应提问都算答错",
            err=True,
        )
    tried = try_reader(settings, responder, queries) if reader else None
    asked = list(tried.together) if tried else list(ask_all(responder, queries))
    untaught = [] if tried else _untaught(settings, queries)
    if run:
        write(run, run_file(asked))
    if plot:
        write(plot, diagram(asked))
    if as_json:
        echo_json(
            {
                "files": list(map(str, files)),
                "start ms": start_ms,
                "matcher": responder.matcher,
                **report(asked),
                **({"untaught": report(untaught)} if untaught else {}),
                **({"second_reader": reader_json(settings, tried)} if tried else {}),
            }
        )
        return
    say_words(plainly(asked, responder.words))
    say(
        f"\n{len(responder.records())} 份记录、{len(stored)} 个问题，载入 {start_ms:.0f} 毫秒；"
        f"{len(asked)} 条提问；匹配版本 {responder.matcher}\n"
    )
    say(table(asked))
    if tried:
        say(f"\n{told(settings, tried)}")
    if untaught:
        say(f"\n{beside(untaught, asked, '说法与反例')}")


def _untaught(settings: Settings, queries: Sequence[Query]) -> list[JudgedQuery]:
    """The same as if the desk had taught nothing; empty where it has not."""
    store = Store(settings.db)
    if not (store.aliases("live") or store.counterexamples() or store.not_ours()):
        return []
    return list(ask_all(open_responder(settings, store, is_taught=False), queries))


COMMANDS = (digest, eval_)
