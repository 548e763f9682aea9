"""What the desk teaches, without a browser: `irbot misses`, `irbot alias`."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

import click

from bot.bootstrap import open_teaching
from bot.config import Settings
from bot.errors import BotError
from bot.store import MISS_STATES, Alias, AliasState, Counterexample, MissState, Store
from bot.store.connection import instant
from bot.teaching import MissFilter, MissGroup, Teaching
from handlers.cli.output import Day, echo_json, framed, operator, say, say_words
from handlers.cli.settings import pass_settings_of_store, pass_settings_to_look

_STATES: dict[MissState, str] = {
    "new": "新",
    "ours": "待答复",
    "not ours": "不属于我们",
    "done": "已解决",
}
_COLUMNS = (
    *("state", "count", "offered", "not_found", "unhelpful", "first_asked", "last_asked"),
    *("text", "other_texts", "picked"),
)
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@")


class _State(click.ParamType[MissState]):
    """A state of misses; `not-ours` is what needs no quotes in a shell."""

    name = "state"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> MissState:
        typed = str(value).strip().lower().replace("-", " ").replace("_", " ")
        found = next((state for state in MISS_STATES if typed in (state, _STATES[state])), None)
        if found is None:
            self.fail(f"{value} 不是状态；可用 new、ours、not-ours、done", param, ctx)
        return found


@click.command()
@click.option("--company", default="", help="六位代码：在它的范围内问的，或列出过它的问题的。")
@click.option("--channel", default="", help="会话的 id。")
@click.option("--since", type=Day(), help="从哪一天起。")
@click.option("--state", type=_State(), help="new、ours（待答复）、not-ours（不属于我们）或 done。")
@click.option("--csv", "as_csv", is_flag=True, help="向标准输出写 CSV，一组一行。")
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@click.option("--mark", type=(_State(), str), metavar="STATE TEXT", help="给这条所在的一组定状态。")
@click.option("--attach", type=(str, str), metavar="ID TEXT", help="让这条成为一个问题的说法。")
@click.option("--undo", type=int, metavar="N", help="撤销标记 N。")
@pass_settings_to_look
def misses(
    settings: Settings,
    company: str,
    channel: str,
    since: date | None,
    state: MissState | None,
    as_csv: bool,
    as_json: bool,
    mark: tuple[MissState, str] | None,
    attach: tuple[str, str] | None,
    undo: int | None,
) -> None:
    teaching = open_teaching(settings)
    if mark or attach or undo is not None:
        _decide(teaching, mark, attach, undo)
        return
    begin = datetime.combine(since, time(), settings.tz) if since else None
    wanted = MissFilter(company, channel, instant(begin.astimezone(UTC)) if begin else "", state)
    groups = teaching.misses(wanted)
    if company and not groups:
        _check_company(settings, company)
    if as_json:
        echo_json([asdict(group) for group in groups])
    elif as_csv:
        click.echo(_csv(groups), nl=False)
    else:
        for group in groups:
            _say_group(group, settings.tz)
        if not groups:
            say("没有未答上的提问", err=True)


def _check_company(settings: Settings, code: str) -> None:
    """
    Raises:
        BotError: No record of that company is stored: it may be mistyped.
    """
    stored = {item.record.company_code for item in Store(settings.db).records()}
    if code not in stored:
        raise BotError(f"库中没有 {code} 的记录；已收录：{'、'.join(sorted(stored)) or '无'}")


def _decide(
    teaching: Teaching,
    mark: tuple[MissState, str] | None,
    attach: tuple[str, str] | None,
    undo: int | None,
) -> None:
    if sum(item is not None for item in (mark, attach, undo)) > 1:
        raise BotError("--mark、--attach、--undo 一次只能用一个")
    if mark:
        made = teaching.mark(operator(), mark[1], mark[0]).mark
        say(f"已标为{_STATES[mark[0]]}：{made.texts[0]}（共{len(made.texts)}种写法）")
        say(f"撤销：irbot misses --undo {made.id}")
    elif attach:
        marked = teaching.attach(operator(), attach[1], attach[0])
        if marked.alias:
            _say_done(teaching, marked.alias)
    elif undo is not None:
        taken = teaching.undo_mark(operator(), undo)
        say(f"已撤销标记 {undo}（{_STATES[taken.state]}）")


def _say_group(group: MissGroup, tz: tzinfo) -> None:
    last = datetime.fromisoformat(group.last_asked).astimezone(tz)
    nothing = group.count - group.offered - group.unhelpful
    unhelpful = f"，没用{group.unhelpful}" if group.unhelpful else ""
    state = "" if group.state == "new" else framed(f"［{_STATES[group.state]}］")
    counted = framed(
        f"{group.count}次（列出相近{group.offered}，未找到{nothing}{unhelpful}）最近{last:%Y-%m-%d}"
    )
    say_words(f"{counted}  {state}{group.texts[0]}")
    for text in group.texts[1:]:
        say_words(f"    {text}")
    for name, named in (
        ("别人选了", group.picked),
        ("认为没用的答复", group.answered),
        ("原因", group.reasons),
    ):
        if named:
            told = (f"{item.what}{framed(f'（{item.count}次）')}" for item in named)
            say_words(f"    {framed(f'{name}：')}{'、'.join(told)}")
    for words in group.words:
        say_words(f"    {framed('留言：')}{' '.join(words.split())}")


def _csv(groups: list[MissGroup]) -> str:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(_COLUMNS)
    for group in groups:
        nothing = group.count - group.offered - group.unhelpful
        numbers = (group.state, group.count, group.offered, nothing, group.unhelpful)
        others = "\n".join(group.texts[1:])
        picked = " ".join(item.what for item in group.picked)
        words = map(_no_formula, (group.texts[0], others, picked))
        writer.writerow((*numbers, group.first_asked, group.last_asked, *words))
    return table.getvalue()


def _no_formula(text: str) -> str:
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


@click.group()
def alias() -> None:
    pass


@alias.command("add")
@click.argument("question_id", metavar="ID")
@click.argument("text", metavar="TEXT")
@pass_settings_of_store
def add(settings: Settings, question_id: str, text: str) -> None:
    """给一个问题（300253/2025-002#24）加一种说法；从下一条消息起据此回答。"""
    teaching = open_teaching(settings)
    _say_done(teaching, teaching.propose(operator(), question_id, text))


@alias.command("approve")
@click.argument("number", metavar="N", type=int)
@pass_settings_of_store
def approve(settings: Settings, number: int) -> None:
    """同意说法 N；人数够 IR_DESK_APPROVALS 就生效。"""
    teaching = open_teaching(settings)
    _say_done(teaching, teaching.approve(operator(), number))


@alias.command("refuse")
@click.argument("number", metavar="N", type=int)
@pass_settings_of_store
def refuse(settings: Settings, number: int) -> None:
    """否决待同意的说法 N；相近的不再自动提出。"""
    teaching = open_teaching(settings)
    _say_done(teaching, teaching.refuse(operator(), number))


@alias.command("undo")
@click.argument("number", metavar="N", type=int)
@pass_settings_of_store
def undo(settings: Settings, number: int) -> None:
    """撤销说法 N；否决过的恢复为待同意。"""
    teaching = open_teaching(settings)
    _say_done(teaching, teaching.undo(operator(), number))


@alias.command("list")
@click.option(
    "--state", type=click.Choice(("proposed", "live", "refused", "undone")), help="只列这一种。"
)
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
@pass_settings_to_look
def listed(settings: Settings, state: AliasState | None, as_json: bool) -> None:
    """列出各个说法，也列出因多人从相近提问中选了同一问而自动提出的，以及反例。"""
    teaching = open_teaching(settings)
    found = teaching.aliases(*([state] if state else []))
    rejections = [] if state else teaching.rejections()
    if as_json:
        echo_json([*map(_alias_json, found), *map(_rejection_json, rejections)])
        return
    for item in found:
        who = "、".join(item.approved_by) or "无"
        by = item.proposed_by or "多人选择"
        say_words(f"{item.id}  {framed(item.state_name)}  {item.question_id}  {item.text}")
        say(f"    提出：{by}；同意：{who}")
    for rejection in rejections:
        say(f"反例 {rejection.id}  {rejection.question_id} 不回答  {rejection.text}")
    if not (found or rejections):
        say("还没有说法", err=True)


@alias.command("deny")
@click.argument("question_id", metavar="ID")
@click.argument("text", metavar="TEXT")
@pass_settings_of_store
def deny(settings: Settings, question_id: str, text: str) -> None:
    """反例：这样问时，不再用这个问题回答，也不再列出它。"""
    made = open_teaching(settings).reject(operator(), text, question_id)
    say(f"反例 {made.id}：{made.question_id} 不再回答“{made.text}”")
    say(f"撤销：irbot alias undeny {made.id}")


@alias.command("undeny")
@click.argument("number", metavar="N", type=int)
@pass_settings_of_store
def undeny(settings: Settings, number: int) -> None:
    """撤销反例 N。"""
    made = open_teaching(settings).undo_rejection(operator(), number)
    say(f"已撤销反例 {made.id}：{made.question_id}“{made.text}”")


def _say_done(teaching: Teaching, item: Alias) -> None:
    say(f"说法 {item.id} {item.state_name}：{item.question_id}“{item.text}”")
    if item.state == "proposed":
        left = teaching.approvals - len(item.approved_by)
        say(f"还需 {left} 人同意：irbot alias approve {item.id}")
    if item.state != "undone":
        say(f"撤销：irbot alias undo {item.id}")


def _alias_json(item: Alias) -> dict[str, Any]:
    return {
        "kind": "alias",
        "id": item.id,
        "question_id": item.question_id,
        "text": item.text,
        "state": item.state,
        "proposed_at": item.proposed_at.isoformat(),
        "proposed_by": item.proposed_by,
        "approved_by": list(item.approved_by),
    }


def _rejection_json(item: Counterexample) -> dict[str, Any]:
    return {
        "kind": "counterexample",
        "id": item.id,
        "question_id": item.question_id,
        "text": item.text,
        "at": item.at.isoformat(),
    }


COMMANDS = (misses, alias)
