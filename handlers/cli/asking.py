"""`irbot ask` and `irbot chat`: a message in, a reply out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import click

from bot.answering.explanation_text import told
from bot.answering.responder import Responder
from bot.bootstrap import open_responder
from bot.config import Settings
from bot.ingest.embedding import embed_missing
from bot.matching.model import chosen_embedder
from bot.message import Message
from bot.store import Store
from handlers.cli.import_report import tell_left
from handlers.cli.output import Day, echo_json, say_words
from handlers.cli.settings import pass_settings_of_store, pass_settings_to_look
from handlers.json_output import reply_json


@click.command()
@click.argument("text", nargs=-1)
@click.option("--file", "file", type=click.File("r", encoding="utf-8", errors="replace"))
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.option("--explain", is_flag=True, help="说明为什么这样答：词、候选、把握、冲突。")
@click.option("--as-of", type=Day(), help="只看活动日期不晚于此日的记录。")
@click.option("--company", help="六位股票代码：只看一家公司。")
@pass_settings_to_look
def ask(
    settings: Settings,
    text: tuple[str, ...],
    file: Iterable[str] | None,
    as_json: bool,
    explain: bool,
    as_of: date | None,
    company: str | None,
) -> None:
    if bool(text) == (file is not None):
        raise click.UsageError("请写一条提问，或用 --file 指定文件")
    if company is not None and not (len(company) == 6 and company.isdigit()):
        raise click.UsageError("--company 应为六位股票代码，例如 300253")
    if file is not None:
        embed_missing(Store(settings.db), chosen_embedder(settings.e5_onnx), tell=tell_left)
    responder = open_responder(settings)
    for line in file or [" ".join(text)]:
        message = Message(line.rstrip("\r\n"), company=company, as_of=as_of)
        answer(responder, message, as_json, explain)


def answer(responder: Responder, message: Message, as_json: bool, explain: bool = False) -> None:
    considered = responder.consider(message)
    reply = considered.reply
    shown = responder.show(reply)
    explanation = responder.explain(considered) if explain else None
    if as_json:
        echo_json(reply_json(message.text, reply, shown, explanation), one_line=True)
        return
    say_words(shown.text)
    if explanation:
        say_words("\n" + told(explanation, responder.words))


@click.command()
@pass_settings_of_store
def chat(settings: Settings) -> None:
    store = Store(settings.db)
    store.forget_askers(settings.now(), settings.retention_days)  # where nothing ever serves
    talk(open_responder(settings, store), settings)


def talk(responder: Responder, settings: Settings) -> None:
    # The chat's and the servers' libraries take half a second to load; `ask` needs none of them.
    from handlers.terminal import chat as talk

    talk(responder, settings.folder, settings.retention_days)


COMMANDS = (ask, chat)
