"""Whether and when what is stored may be said: `irbot publish`, `hold`, `release`, `pause`,
`resume`, `withdraw`."""

from __future__ import annotations

from datetime import datetime

import click

from bot.config import Settings
from bot.store import EVERYTHING, Store, undo_command
from handlers.cli.output import DRAFT, Instant, Publication, in_zone, operator, say
from handlers.cli.settings import pass_settings_of_store
from handlers.cli.states import still_hidden, told_publication


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--at", type=Publication(), metavar="INSTANT|draft", help="从此刻起；不写为立即。")
@click.option("--undo", is_flag=True, help="撤回最近一次公布或改期。")
@pass_settings_of_store
def publish(settings: Settings, id_: str, at: datetime | str | None, undo: bool) -> None:
    if undo and at is not None:
        raise click.UsageError("--undo 与 --at 只能写一个")
    store, now = Store(settings.db), settings.now()
    if undo:
        done = store.undo_publication(id_, operator())
    else:
        instant = in_zone(at, settings.tz) if isinstance(at, datetime) else None
        done = store.publish(id_, operator(), instant, is_draft=at == DRAFT, now=now)
    after = told_publication(done.after, settings.tz, now)
    if done.before == done.after:
        say(f"未变 {done.record_id}：第{done.version}版{after}", err=True)
        return
    before = told_publication(done.before, settings.tz, now)
    say(f"{done.record_id} 第{done.version}版{after}（原{before}）", err=True)
    say(f"  撤回：irbot publish {done.record_id} --undo", err=True)


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--reason", required=True, help="暂停展示的原因。")
@pass_settings_of_store
def hold(settings: Settings, id_: str, reason: str) -> None:
    target = Store(settings.db).hold(id_, reason, operator())
    say(f"已暂停展示 {target}；恢复：{undo_command('hold', target)}", err=True)


@click.command()
@click.argument("id_", metavar="ID")
@pass_settings_of_store
def release(settings: Settings, id_: str) -> None:
    store = Store(settings.db)
    target = store.release(id_, operator())
    say(f"已恢复展示 {target}", err=True)
    still_hidden(store, target, settings)


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--reason", help="撤下的原因。")
@click.option("--undo", is_flag=True, help="恢复显示。")
@pass_settings_of_store
def withdraw(settings: Settings, id_: str, reason: str | None, undo: bool) -> None:
    store = Store(settings.db)
    if undo:
        target = store.undo_withdrawal(id_, operator())
        say(f"已恢复 {target}", err=True)
        still_hidden(store, target, settings)
    elif reason is not None:
        target = store.withdraw(id_, reason, operator())
        say(f"已撤下 {target}；恢复：{undo_command('withdraw', target)}", err=True)
    else:
        raise click.UsageError("请用 --reason 写明撤下的原因")


@click.command()
@click.option("--company", help="六位股票代码；不写为全部公司。")
@click.option("--until", type=Instant(), metavar="INSTANT", help="到此刻自动恢复。")
@click.option("--reason", required=True, help="暂停答复的原因。")
@pass_settings_of_store
def pause(settings: Settings, company: str | None, until: datetime | None, reason: str) -> None:
    end = in_zone(until, settings.tz) if until else None
    target = Store(settings.db).pause(
        reason, operator(), company=company, until=end, now=settings.now()
    )
    ends = f"，到 {end.astimezone(settings.tz):%Y-%m-%d %H:%M} 自动恢复" if end else ""
    say(f"已暂停答复{_name(target)}{ends}；恢复：{undo_command('pause', target)}", err=True)


@click.command()
@click.option("--company", help="六位股票代码；不写为全部公司的暂停。")
@pass_settings_of_store
def resume(settings: Settings, company: str | None) -> None:
    target = Store(settings.db).resume(company, operator(), now=settings.now())
    say(f"已恢复答复{_name(target)}", err=True)


def _name(target: str) -> str:
    return "全部公司" if target == EVERYTHING else f" {target}"


COMMANDS = (publish, hold, release, withdraw, pause, resume)
