"""`irbot watch`: what is dropped into a folder is imported."""

from __future__ import annotations

import signal
import time
from datetime import datetime
from pathlib import Path

import click

from bot.config import Settings
from bot.errors import BotError
from bot.indexing.keeping import keep_files
from bot.ingest.embedding import embed_missing
from bot.ingest.importing import Options, Outcome
from bot.ingest.watching import Watch
from bot.matching.embedding import Embedder
from bot.matching.model import chosen_embedder
from bot.store import Store
from handlers.cli.import_report import report
from handlers.cli.importing import MEANING_S
from handlers.cli.output import DRAFT, Publication, framed, in_zone, operator, say
from handlers.cli.settings import pass_settings

_EVERY_S = 2.0  # a file is read when it was the same for so long


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--published",
    type=Publication(),
    metavar="INSTANT|draft",
    help="从此刻起才可显示；draft：到 irbot publish 为止。",
)
@pass_settings
def watch(settings: Settings, folder: Path, published: datetime | str | None) -> None:
    if not folder.is_dir():
        raise BotError(f"没有这个文件夹：{folder}")
    embedder = chosen_embedder(settings.e5_onnx)
    looking = Watch(
        folder, lambda outcome: framed(report(outcome, False, settings.tz, settings.now()))
    )
    Store(settings.db)  # or it is said at once why there is none
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: nothing is half done
    say(f"正在看着 {folder}：放进去的文件自动导入；未收录的，原因写在旁边的文本文件里", err=True)
    told = ""
    try:
        while True:
            try:
                _look(settings, looking, published, embedder)
                told = ""
            except BotError as error:  # a share that is away, a busy database: the next look may do
                if str(error) != told:
                    say(told := str(error), err=True)
            time.sleep(_EVERY_S)
    except KeyboardInterrupt:
        say("已停止", err=True)


def _look(
    settings: Settings,
    looking: Watch,
    published: datetime | str | None,
    embedder: Embedder | None,
) -> None:
    """One look, and meaning for what it imported."""
    options = Options(
        published_at=in_zone(published, settings.tz) if isinstance(published, datetime) else None,
        is_draft=published == DRAFT,
        who=operator(),
        now=settings.now(),
    )
    store = Store(settings.db)
    changed = False
    for found in looking.look(store, options):
        if isinstance(found, Outcome):
            changed |= found.status in ("imported", "replaced")
            if found.status != "unchanged":
                say(report(found, False, settings.tz, settings.now()), err=True)
        else:
            say(found, err=True)
    if changed:
        keep_files(store)
        embed_missing(store, embedder, MEANING_S)


COMMANDS = (watch,)
