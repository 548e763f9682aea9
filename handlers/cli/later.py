"""Later announcements: `irbot later`."""

from __future__ import annotations

from datetime import date

import click

from bot.config import Settings
from bot.record import Announcement
from bot.store import Store
from bot.store.announcements import later_command, undo_later_command
from handlers.cli.output import Day, echo_json, operator, say, say_words
from handlers.cli.settings import pass_settings_of_store


@click.command()
@click.argument("id_", metavar="[ID]", default="")
@click.option("--no", help="公告编号，例如 2025-059。")
@click.option("--title", help="公告标题。")
@click.option("--date", "day", type=Day(), help="公告日期。")
@click.option("--url", help="公告的网址。")
@click.option("--undo", is_flag=True, help="撤销：不再显示此编号的公告。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings_of_store
def later(
    settings: Settings,
    id_: str,
    no: str | None,
    title: str | None,
    day: date | None,
    url: str | None,
    undo: bool,
    as_json: bool,
) -> None:
    store = Store(settings.db)
    facts = {"--no": no, "--title": title, "--date": day, "--url": url}
    missing = [name for name, given in facts.items() if given is None]
    if undo:
        if not (id_ and no):
            raise click.UsageError("撤销请写明哪一问、哪个公告：irbot later ID --no 编号 --undo")
        target, gone = store.undo_announcement(id_, no.strip(), operator())
        say(f"已撤销 {target} 的此后公告 {gone.no}；恢复：{later_command(target, gone)}", err=True)
    elif len(missing) == len(facts):
        _list(store, id_, as_json)
    elif not id_ or no is None or title is None or day is None or url is None:
        raise click.UsageError(f"缺少 {'、'.join([*([] if id_ else ['ID']), *missing])}")
    else:
        noted = Announcement(no.strip(), title.strip(), day, url.strip())
        target = store.add_announcement(id_, noted, operator())
        undoing = undo_later_command(target, noted.no)
        say(f"已加 {target} 的此后公告 {noted.no}；撤销：{undoing}", err=True)


def _list(store: Store, id_: str, as_json: bool) -> None:
    """What is noted: everywhere, for a record, or for one question."""
    noted = store.announcements(id_)
    if as_json:
        echo_json(
            [
                {
                    "id": target,
                    "no": item.no,
                    "title": item.title,
                    "date": item.day.isoformat(),
                    "url": item.url,
                }
                for target, item in noted
            ]
        )
        return
    for target, item in noted:
        say_words(f"{target}  {item.title}（{item.no}，{item.day}）{item.url}")
    if not noted:
        say("没有此后公告", err=True)


COMMANDS = (later,)
