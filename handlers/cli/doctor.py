"""`irbot doctor`: prints what is found, a line for each."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict

import click

from bot.config import examine_settings, share_network
from bot.errors import SettingsError, one_line
from handlers.cli.output import echo_json, framed, say_words

_MARK = {True: "好", False: "坏", None: "注意"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="向标准输出写 JSON。")
def doctor(as_json: bool) -> None:
    from handlers.doctor import checks

    with suppress(SettingsError):  # one of the faults
        share_network()
    settings, faults = examine_settings()
    found = []
    for finding in checks(settings, faults):
        found.append(finding)
        if not as_json:
            said = framed(f"{finding.what}：") + framed(finding.said)
            told = [framed(_MARK[finding.ok]), said]
            if finding.todo and finding.ok is not True:
                told += ["→", framed(finding.todo)]
            say_words(one_line(" ".join(told)))
    if as_json:
        echo_json([asdict(finding) for finding in found], frame=("what", "said", "todo"))
    if any(finding.ok is False for finding in found):
        raise SystemExit(1)


COMMANDS = (doctor,)
