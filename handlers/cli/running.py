"""`irbot start`, `serve`, `doctor` and what connects a chat."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from pathlib import Path

import click

from bot.bootstrap import open_responder
from bot.config import Settings
from bot.ingest.embedding import embed_missing
from bot.ingest.files import files_in
from bot.ingest.importing import Options, import_files
from bot.matching.model import chosen_embedder
from bot.message import Message
from bot.store import Store
from handlers.cli.asking import answer, talk
from handlers.cli.import_report import report, tell_left
from handlers.cli.importing import MEANING_S
from handlers.cli.output import echo_json, operator, say
from handlers.cli.settings import pass_settings

_SAMPLE = Path("data/records")
_FIRST_QUESTION = "可转债"


@click.command()
@pass_settings
def serve(settings: Settings) -> None:
    from handlers import serving

    _say_remarks(settings)
    serving.serve(settings)


@click.command()
@pass_settings
def start(settings: Settings) -> None:
    from handlers import serving

    _say_remarks(settings)
    embedder = chosen_embedder(settings.e5_onnx)
    store = Store(settings.db)
    for outcome in import_files(store, files_in([_SAMPLE]), Options(who=operator())):
        if outcome.status != "unchanged":
            say(report(outcome, False, settings.tz, settings.now()), err=True)
    embed_missing(store, embedder, MEANING_S, tell_left)
    responder = open_responder(settings, store)
    shown = responder.records()
    questions = store.how_many(responder.library.shown.live)
    say(f"已载入 {len(shown)} 份记录、{questions} 个问题：", err=True)
    for record in shown[:5]:
        say(f"  {responder.words.head(record)}（{record.id}）", err=True)
    say(f"\n提问示例：{_FIRST_QUESTION}\n", err=True)
    answer(responder, Message(_FIRST_QUESTION), as_json=False)
    say("", err=True)
    if serving.chats_configured(settings):
        serving.serve(settings)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        say("直接输入问题；输入“帮助”看用法，“退出”结束。", err=True)
        talk(responder, settings)
    else:
        serving.serve(settings)


def _say_remarks(settings: Settings) -> None:
    for remark in settings.remarks:
        say(remark, err=True)


_MARK = {True: "✓", False: "✗", None: "–"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings
def doctor(settings: Settings, as_json: bool) -> None:
    from handlers.doctor import checks

    found = []
    for finding in checks(settings):
        found.append(finding)
        if not as_json:
            todo = f"\n  → {finding.todo}" if finding.todo and finding.ok is not True else ""
            say(f"{_MARK[finding.ok]} {finding.what}：{finding.said}{todo}")
    if as_json:
        echo_json([asdict(finding) for finding in found])
    if any(finding.ok is False for finding in found):
        raise SystemExit(1)


@click.group()
def slack() -> None: ...


@slack.command("manifest")
@click.option("--command", default="/ir", show_default=True, help="斜杠命令的名字。")
@click.option("--url", default="", help="HTTP 方式：/slack/events 的公网地址；不写为 Socket Mode。")
def slack_manifest(command: str, url: str) -> None:
    """打印应用清单，粘贴到 api.slack.com/apps 的 From a manifest。"""
    from handlers.slack.manifest import SCOPES, manifest

    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", command):
        raise click.BadParameter("应以 / 开头，小写字母、数字、- 或 _，例如 /wnir")
    echo_json(manifest(command, url))
    for scope, purpose in SCOPES.items():
        say(f"{scope}: {purpose}", err=True)


COMMANDS = (serve, start, doctor, slack)
