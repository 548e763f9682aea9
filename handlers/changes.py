"""A change of the journal as people read it, at the command line and on the desk's pages."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import NotFoundError
from bot.store import EVERYTHING, Change, Publication, Store, undo_command
from bot.wording.texts import Texts

_INSTANTS = ("until", "published_at")
_LEFT_OUT = ("undo",)  # told apart, as a command


@dataclass(frozen=True)
class Told:
    """Changes in a language's words, as of an instant of the bot's clock."""

    texts: Texts
    now: datetime  # in the zone in which instants are told

    def what(self, change: Change) -> str:
        """`暂停展示`; a word that another version wrote as it is."""
        return self._named("did, ", change.what)

    def who(self, change: Change) -> str:
        """Whose act it was."""
        if change.who:
            return change.who
        is_by_itself = change.what.startswith("alias ")
        return self.texts.text("desk, by itself" if is_by_itself else "desk, by nobody")

    def target(self, change: Change) -> str:
        """What it was of."""
        is_of_all = change.target == EVERYTHING
        return self.texts.text("desk, all companies") if is_of_all else change.target

    def details(self, change: Change) -> list[str]:
        """`第2版`, `原因：静默期` …: all that is known of it."""
        return list(self._details(change))

    def publication(self, publication: Publication) -> str:
        """`草稿，未公布`, `将于 2026-12-01 09:00 公布` …"""
        if publication.is_draft:
            return self.texts.text("desk, is draft")
        if publication.at is None:
            return self.texts.text("desk, is public")
        is_public = publication.is_public(self.now)
        key = "desk, public since" if is_public else "desk, public from"
        return self.texts.text(key, at=self.local(publication.at))

    def local(self, at: datetime | str) -> str:
        """`2026-11-26 15:04` of the bot's time zone."""
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        return f"{at.astimezone(self.now.tzinfo):%Y-%m-%d %H:%M}"

    def _details(self, change: Change) -> Iterator[str]:
        detail = change.detail
        if "published_at" in detail or "is_draft" in detail:
            yield self.publication(Publication.of(detail))
        for name, value in detail.items():
            if name in (*_LEFT_OUT, "published_at", "is_draft") or not value:
                continue
            key = f"detail, {name}"
            told = self._value(change, name, value)
            yield self.texts.text(key, value=told) if self.texts.has(key) else f"{name}={told}"

    def _value(self, change: Change, name: str, value: Any) -> str:
        if isinstance(value, dict):
            return self.publication(Publication.of(value))
        if name in _INSTANTS:
            return self.local(value)
        if name == "before":  # the state of a wording, or of a miss
            is_alias = change.what.startswith("alias ")
            return self._named("desk, alias is " if is_alias else "desk, is ", value)
        return str(value)

    def _named(self, family: str, name: str) -> str:
        key = f"{family}{name}"
        return self.texts.text(key) if self.texts.has(key) else name


def undo_of(change: Change, store: Store) -> str:
    """The command that takes a change back; empty: none does, or what it needs is forgotten.

    Args:
        change: Of the journal.
        store: Has the words of wordings and misses; the journal need not.
    """
    target, version = change.target, change.detail.get("version") or 0
    match change.what.split(" "):
        case ["import"]:
            return f"irbot withdraw {target} --reason 撤销收录"
        case ["replace" | "restore-version"] if version > 1:
            return f"irbot restore-version {target} {version - 1}"
        case ["supersede"]:
            return f"irbot restore-version {target} {version}"
        case ["publish"]:
            return f"irbot publish {target} --undo"
        case ["withdraw" | "hold" | "pause" as kind]:
            return undo_command(kind, target)
        case ["withdraw", "undone"] | ["release"] | ["resume"]:
            return _hide_again(change)
        case ["desk", "invite"]:
            return f"irbot desk remove {_argument(target)}"
        case ["desk", "remove"]:
            return f"irbot desk invite {_argument(target)}"
        case ["alias" | "counterexample" | "miss", *_]:
            return _undo_of_taught(change, store)
        case _:
            return str(change.detail.get("undo", ""))


def _hide_again(change: Change) -> str:
    reason = shlex.quote(change.detail.get("reason") or "撤销")
    if change.what != "resume":
        kind = "hold" if change.what == "release" else "withdraw"
        return f"irbot {kind} {change.target} --reason {reason}"
    company = "" if change.target == EVERYTHING else f" --company {change.target}"
    end = change.detail.get("until")
    until = f" --until {datetime.fromisoformat(end).isoformat()}" if end else ""
    return f"irbot pause{company}{until} --reason {reason}"


def _undo_of_taught(change: Change, store: Store) -> str:
    try:
        match change.what.split(" ", 1):
            case ["miss", "undone"]:
                mark = store.mark(int(change.target.partition("/")[2]))
                if not mark.texts or mark.alias is not None:  # a wording that was attached stays
                    return ""
                state = mark.state.replace(" ", "-")
                return f"irbot misses --mark {state} {shlex.quote(mark.texts[0])}"
            case ["miss", _]:
                return f"irbot misses --undo {change.target.partition('/')[2]}"
            case ["counterexample"]:
                return f"irbot alias undeny {change.detail['counterexample']}"
            case ["counterexample", _]:
                denied = store.counterexample(change.detail["counterexample"])
                return _with_words("deny", change, denied.text)
            case ["alias", "undone"] if change.detail.get("before") == "refused":
                return f"irbot alias refuse {change.detail['alias']}"
            case ["alias", "undone"]:
                return _with_words("add", change, store.alias(change.detail["alias"]).text)
            case _:
                return f"irbot alias undo {change.detail['alias']}"
    except NotFoundError:
        return ""


def _with_words(act: str, change: Change, text: str) -> str:
    return f"irbot alias {act} {change.target} {_argument(text)}" if text else ""


def _argument(text: str) -> str:
    """For a shell; what begins like an option is none."""
    return f"{'-- ' if text.startswith('-') else ''}{shlex.quote(text)}"
