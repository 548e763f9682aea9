"""Load over Slack, beside a bare Bolt echo bot: `python -m tests.bench.slack_load`.

Both bots run as processes of their own against the fake Slack of this one, which shares the
machine with them; so the ratios say more than the milliseconds.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from flask import Response, make_response

from bot.reading.document import read_records
from tests.conftest import IRBOT, SAMPLE, Imported
from tests.fakes.slack import FakeSlack
from tests.waiting import PATIENCE_S

QUESTIONS = ("可转债", "关税", "#7", "WiNEX 进展如何？", "明天会下雨吗")


@contextlib.contextmanager
def serving(
    slack: FakeSlack, command: list[str], imported: Imported | None = None, **more: str
) -> Iterator[int]:
    """A bot in a process of its own, connected: its id. The sample is imported for it, or as it
    was."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, **slack.env, "IR_HTTP": "", "IR_DB": "irbot.db", **more}
        env["PYTHONPATH"] = str(Path.cwd())
        if imported is not None:
            imported.copy(Path(folder, "irbot.db"))
        elif command[0] == IRBOT:
            subprocess.run([IRBOT, "import", "--quiet", SAMPLE], cwd=folder, env=env, check=True)
        process = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.DEVNULL)
        try:
            slack.until(lambda: slack.sockets, 20)
            time.sleep(0.5)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(6)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def paced(slack: FakeSlack, seconds: float, name: str, limited: str = "") -> dict[str, Any]:
    """Five mentions a second on distinct channels, a command beside each."""
    sent: dict[str, float] = {}
    acks: list[float] = []
    until, at = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        began = time.monotonic()
        sent[slack.mention(QUESTIONS[at % 5], channel=f"{name}{at}")] = began
        if limited and at % 10 == 0:
            slack.mention(QUESTIONS[at // 10 % 5], channel=limited)
        time.sleep(0.1)
        asked = time.monotonic()
        slack.command(QUESTIONS[at % 5], channel=f"{name}{at}")
        acks.append(time.monotonic() - asked)
        at += 1
        time.sleep(max(0.0, began + 0.2 - time.monotonic()))
    slack.until(lambda: {post["thread_ts"] for post in slack.posts} >= set(sent), 60)
    posted = [
        post["at"] - sent[post["thread_ts"]] for post in slack.posts if post["thread_ts"] in sent
    ]
    return {"mention_to_post_ms": _spread(posted), "command_ack_ms": _spread(acks)}


def different(count: int) -> list[str]:
    """So many short messages, hardly two alike: stretches of stored questions, a letter missing."""
    chance = random.Random(count)
    (reading,) = read_records(SAMPLE.read_bytes(), SAMPLE.name)
    found = []
    for _ in range(count):
        text = chance.choice(reading.record.questions).question
        start = chance.randrange(len(text))
        piece = text[start : start + chance.choice((4, 6, 8, 12, 16, 20))]
        gone = chance.randrange(len(piece))
        found.append(f"{piece[:gone]}{piece[gone + 1 :]}？")
    return found


def long(count: int) -> list[str]:
    """So many messages of 600 characters with three questions each, none like another."""
    chance = random.Random(count)
    (reading,) = read_records(SAMPLE.read_bytes(), SAMPLE.name)
    said = [text for item in reading.record.questions for text in (item.question, item.answer)]
    clauses = [clause for text in said for clause in re.split("[。？，\n]", text) if clause]

    def question() -> str:
        text = ""
        while len(text) < 199:
            text += f"{chance.choice(clauses)}，"
        return f"{text[:199]}？"

    return ["".join(question() for _ in range(3)) for _ in range(count)]


def burst(
    slack: FakeSlack, count: int, texts: Sequence[str] = QUESTIONS, bot: int | None = None
) -> dict[str, Any]:
    """So many mentions at once, each in a channel of its own, of these texts in turn.

    Where the bot's process is given, what a message takes of a processor is told, too: on a machine
    with other work it says more than the rate.
    """
    began = time.monotonic()
    used = _processor_s(bot) if bot else 0.0
    sent = {slack.mention(texts[at % len(texts)], channel=f"B{at}") for at in range(count)}
    slack.until(lambda: len(slack.posts) >= count or _came_to_rest(slack), 900)
    time.sleep(1.0)  # for posts that should not come
    posts = [post for post in slack.posts if post["thread_ts"] in sent]
    last = max(post["at"] for post in posts)
    return {
        "mentions": count,
        "lost": len(sent - {post["thread_ts"] for post in posts}),
        "doubled": len(posts) - len({post["thread_ts"] for post in posts}),
        "posts_a_second": round(count / (last - began), 1),
        **({"processor_ms": round((_processor_s(bot) - used) / count * 1000, 1)} if bot else {}),
    }


def _alone(command: list[str], retry_s: float, count: int, texts: Sequence[str]) -> dict[str, Any]:
    """A burst of mentions for a bot that was just started and may post as fast as it can."""
    with (
        FakeSlack(retry_s=retry_s) as slack,
        serving(slack, command, SLACK_POSTS_A_MINUTE="0") as bot,
    ):
        return burst(slack, count, texts, bot)


def _processor_s(process: int) -> float:
    """What a process has used of the processors since its start (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _came_to_rest(slack: FakeSlack) -> bool:
    """Whether nothing was posted for longer than an event takes to be sent again."""
    return bool(slack.posts) and time.monotonic() - slack.posts[-1]["at"] > 15


def limited_channel(slack: FakeSlack, seconds: float, retry_after_s: int) -> dict[str, Any]:
    """One channel is answered 429; the others, and then it."""
    refused: list[float] = []

    def limit(method: str, given: dict[str, Any]) -> Response | None:
        if method != "chat.postMessage" or given["channel"] != "LIMITED":
            return None
        if refused and time.monotonic() - refused[0] > retry_after_s:
            return None
        refused.append(time.monotonic())
        answer = make_response({"ok": False, "error": "ratelimited"}, 429)
        answer.headers["Retry-After"] = str(retry_after_s)
        return answer

    slack.faults.append(limit)
    others = paced(slack, seconds, "L", limited="LIMITED")
    asked = (int(seconds * 5) + 9) // 10
    slack.until(
        lambda: len(_posts_of(slack, "LIMITED")) >= asked, retry_after_s + asked + PATIENCE_S
    )
    slack.faults.clear()
    threads = [post["thread_ts"] for post in _posts_of(slack, "LIMITED")]
    return {
        **others,
        "refused": len(refused),
        "first_after_s": round(_posts_of(slack, "LIMITED")[0]["at"] - refused[0], 1),
        "in_order": threads == sorted(threads),
    }


def _posts_of(slack: FakeSlack, channel: str) -> list[dict[str, Any]]:
    return [post for post in slack.posts if post["channel"] == channel]


def _spread(seconds: list[float]) -> dict[str, float]:
    in_order = sorted(seconds)
    return {
        name: round(in_order[min(len(in_order) - 1, int(len(in_order) * share))] * 1000, 1)
        for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--burst", type=int, default=2000)
    parser.add_argument("--retry-after", type=int, default=30)
    given = parser.parse_args()
    found: dict[str, Any] = {}
    bots = {"irbot": [IRBOT, "serve"], "echo": [sys.executable, "-m", "tests.bench.echo_bot"]}
    for name, command in bots.items():
        with FakeSlack(retry_s=10) as slack, serving(slack, command):
            found[name] = {"paced": paced(slack, given.seconds, "P")}
            if name == "irbot":
                found[name]["limited"] = limited_channel(slack, given.seconds, given.retry_after)
        found[name]["burst"] = _alone(command, 10, given.burst, QUESTIONS)
        for what, texts in (("different", different(500)), ("long", long(400))):
            found[name][f"burst, {what}"] = _alone(command, 60, len(texts), texts)
    ours, theirs = found["irbot"], found["echo"]
    found["ratios"] = {
        **{
            what: round(ours["paced"][what]["p99"] / theirs["paced"][what]["p99"], 2)
            for what in ours["paced"]
        },
        **{
            what: round(ours[what]["posts_a_second"] / theirs[what]["posts_a_second"], 2)
            for what in ours
            if what.startswith("burst")
        },
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
