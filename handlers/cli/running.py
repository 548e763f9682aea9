"""`irbot start`, `serve` and what connects a chat."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from bot.bootstrap import open_responder
from bot.config import Settings
from bot.ingest.embedding import embed_missing
from bot.ingest.files import files_in
from bot.ingest.importing import Options, import_files
from bot.matching.model import chosen_embedder
from bot.message import Message
from bot.private_files import is_open_to_others
from bot.store import Store
from bot.store.connection import is_there
from handlers.cli.asking import answer, talk
from handlers.cli.import_report import report, tell_left
from handlers.cli.importing import MEANING_S
from handlers.cli.logs import tell
from handlers.cli.output import echo_json, framed, operator, say, say_words
from handlers.cli.settings import made_anew, pass_settings

_RECORDS = Path("data/records")
_PACKED = Path(__file__).parents[2] / "records"  # the sample of a wheel


@click.command()
@pass_settings
def serve(settings: Settings) -> None:
    from handlers import serving

    _say_remarks(settings)
    if not is_there(settings.db):
        tell(made_anew(settings.db))
    serving.serve(settings)


@click.command()
@pass_settings
def start(settings: Settings) -> None:
    from handlers import serving

    _say_remarks(settings)
    embedder = chosen_embedder(settings.e5_onnx)
    store = Store(settings.db)
    records = _PACKED if _PACKED.is_dir() and not _RECORDS.is_dir() else _RECORDS
    for outcome in import_files(store, files_in([records]), Options(who=operator())):
        if outcome.status != "unchanged":
            say(report(outcome, False, settings.tz, settings.now()), err=True)
    embed_missing(store, embedder, MEANING_S, tell_left)
    responder = open_responder(settings, store)
    shown = responder.records()
    questions = store.how_many(responder.library.shown.live)
    say(f"已载入 {len(shown)} 份记录、{questions} 个问题：", err=True)
    for record in shown[:5]:
        say_words(f"  {responder.words.head(record)}（{record.id}）", err=True)
    first = responder.words.text("first question")
    say(f"\n提问示例：{first}\n", err=True)
    answer(responder, Message(first), as_json=False)
    say("", err=True)
    if serving.chats_configured(settings):
        serving.serve(settings)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        talk(responder, settings)
    else:
        serving.serve(settings)


def _say_remarks(settings: Settings) -> None:
    for remark in settings.remarks:
        tell(remark)
    if settings.env_file and is_open_to_others(settings.env_file):
        tell(f"{settings.env_file} 里有密钥，其他用户也能读；请 chmod 600 {settings.env_file}")


@click.group()
def slack() -> None: ...


@slack.command("manifest")
@click.option("--command", default="/ir", show_default=True, help="斜杠命令的名字。")
@click.option("--url", default="", help="HTTP 方式：/slack/events 的公网地址；不写为 Socket Mode。")
@click.option(
    "--redirect-url", default="", help="多个工作区各自安装：/slack/oauth_redirect 的公网地址。"
)
def slack_manifest(command: str, url: str, redirect_url: str) -> None:
    """打印应用清单，粘贴到 api.slack.com/apps 的 From a manifest。"""
    from handlers.slack.credentials import REDIRECT
    from handlers.slack.manifest import SCOPES, manifest

    if redirect_url and not re.fullmatch(rf"https://[^\s/?#]+[^\s?#]*{REDIRECT}", redirect_url):
        raise click.BadParameter(f"--redirect-url 应以 https:// 开头，以 {REDIRECT} 结尾")
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", command):
        raise click.BadParameter("应以 / 开头，小写字母、数字、- 或 _，例如 /wnir")
    told = ("description", "usage_hint", "agent_description", "title", "message", "name")
    echo_json(manifest(command, url, redirect_url), frame=told)
    for scope, purpose in SCOPES.items():
        say_words(f"{scope}: {framed(purpose)}", err=True)


COMMANDS = (serve, start, slack)
