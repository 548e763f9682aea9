"""A dialogue with the bot in each chat, as a page to take a picture of.

The words and buttons are those that the platforms' fakes were posted by `irbot serve`; only how a
chat looks is made up here.
"""

from __future__ import annotations

import html
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bot.config import Lang
from bot.wording.texts import Texts
from tests.conftest import IRBOT, SAMPLE
from tests.fakes.slack import FakeSlack
from tests.fakes.wecom import FakeWecom

ASKED: dict[Lang, tuple[str, str]] = {
    "zh": ("可转债何时下修？", "毛利率"),
    "en": ("convertible bond", "gross margin"),
}
_NAMES: dict[Lang, str] = {"zh": "王芳", "en": "Wang Fang"}
_PATIENCE_S = 60.0
_STYLE = """
* { box-sizing: border-box } body { margin: 0; font: 14px/1.55 sans-serif; color: #1d1c1d }
main { width: 640px; padding: 14px 18px; background: #fff; display: grid; gap: 12px }
header { font-weight: bold; border-bottom: 1px solid #ddd; padding-bottom: 8px }
.said { display: grid; grid-template-columns: 34px 1fr; gap: 10px }
.face { width: 34px; height: 34px; border-radius: 6px; background: #b8c4ce; color: #fff;
  text-align: center; line-height: 34px; font-weight: bold }
.bot .face { background: #2a6f97 } .name { font-weight: bold } .words { white-space: pre-wrap }
.button { display: inline-block; border: 1px solid #bbb; border-radius: 4px; padding: 1px 10px;
  margin: 6px 6px 0 0; font-size: 13px } .card { border: 1px solid #ddd; border-radius: 6px;
  padding: 8px 12px; margin-top: 8px } .card p { margin: 0; color: #666; font-size: 13px }
pre { margin: 0; white-space: pre-wrap; font: 13px/1.6 monospace }
main.terminal { background: #16202a; color: #dce6ee }
"""


@dataclass(frozen=True)
class _Said:
    """One message of a dialogue."""

    who: str
    words: str  # as HTML
    buttons: Sequence[str] = ()
    card: tuple[str, str] | None = None  # title, and what stands below it


def pages(lang: Lang) -> dict[str, str]:
    """The page of each chat, by its name."""
    with _served(lang) as (slack, wecom, folder):
        return {
            "slack": _page("Slack", _in_slack(slack, lang)),
            "wecom": _page("企业微信 WeCom", _in_wecom(wecom, lang)),
            "terminal": _terminal(lang, folder),
        }


@contextmanager
def _served(lang: Lang) -> Iterator[tuple[FakeSlack, FakeWecom, Path]]:
    """The bot over the sample, connected to both fakes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IR_")}
    with tempfile.TemporaryDirectory() as folder, FakeSlack() as slack, FakeWecom() as wecom:
        mine = {"IR_HTTP": "", "IR_LANG": lang, "TMPDIR": folder}
        env = {**kept, **slack.env, **wecom.env, **mine}
        subprocess.run([IRBOT, "import", "--quiet", SAMPLE], cwd=folder, env=env, check=True)
        process = subprocess.Popen([IRBOT, "serve"], cwd=folder, env=env)
        try:
            slack.until(lambda: slack.sockets, _PATIENCE_S)
            wecom.until(lambda: wecom.is_held, _PATIENCE_S)
            yield slack, wecom, Path(folder)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _in_slack(slack: FakeSlack, lang: Lang) -> Iterator[_Said]:
    for count, typed in enumerate(ASKED[lang], 1):
        slack.mention(typed)
        slack.until(partial(_has, slack, count), _PATIENCE_S)
        yield _Said(_NAMES[lang], html.escape(f"@irbot {typed}"))
        yield _slack_post(slack.posts[count - 1]["blocks"])


def _has(slack: FakeSlack, count: int) -> bool:
    return len(slack.posts) >= count


def _slack_post(blocks: Sequence[dict[str, Any]]) -> _Said:
    sections = [
        "".join(_run(run) for run in section["elements"])
        for block in blocks
        if block["type"] == "rich_text"
        for section in block["elements"]
    ]
    buttons = [
        item["text"]["text"]
        for block in blocks
        if block["type"] == "actions"
        for item in block["elements"]
    ]
    return _Said("irbot", "\n".join(sections), buttons)


def _run(run: dict[str, Any]) -> str:
    words = html.escape(run.get("text") or run.get("url", ""))
    return f"<b>{words}</b>" if run.get("style", {}).get("bold") else words


def _in_wecom(wecom: FakeWecom, lang: Lang) -> Iterator[_Said]:
    for typed in ASKED[lang]:
        asked = wecom.mention(typed)
        (post, *_) = wecom.until(partial(wecom.answers, asked), _PATIENCE_S)
        yield _Said(_NAMES[lang], html.escape(f"@irbot {typed}"))
        card = post["card"]
        told = (card["main_title"]["title"], card["main_title"]["desc"]) if card else None
        labels = [button["text"] for button in card["button_list"]] if card else []
        words = html.escape(post["content"].replace("\n\n", "\n"))
        yield _Said("irbot", words, labels, told)


def _page(title: str, said: Iterator[_Said]) -> str:
    body = "".join(map(_shown, said))
    return f"<style>{_STYLE}</style><main><header>{title}</header>{body}</main>"


def _shown(said: _Said) -> str:
    buttons = "".join(f'<span class="button">{html.escape(one)}</span>' for one in said.buttons)
    if said.card:
        title, below = map(html.escape, said.card)
        buttons = f'<div class="card"><b>{title}</b><p>{below}</p>{buttons}</div>'
    kind = "said bot" if said.who == "irbot" else "said"
    return (
        f'<div class="{kind}"><span class="face">{said.who[0]}</span><div>'
        f'<span class="name">{said.who}</span>'
        f'<div class="words">{said.words}</div>{buttons}</div></div>'
    )


def _terminal(lang: Lang, folder: Path) -> str:
    words = Texts(lang)
    (typed, _) = ASKED[lang]
    env = {**os.environ, "IR_LANG": lang}
    done = subprocess.run(
        [IRBOT, "chat"], input=f"{typed}\n", cwd=folder, env=env, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    prompt = words.text("terminal, prompt")
    lines = [
        "$ irbot chat",
        words.text("terminal, hello"),
        f"\n{prompt}{typed}",
        done.stdout.rstrip(),
        f"\n{prompt}q",
        words.text("small talk, bye"),
    ]
    said = html.escape("\n".join(lines))
    return f'<style>{_STYLE}</style><main class="terminal"><pre>{said}</pre></main>'
