"""The bot's sentences: whole in every language, and none too many (`bot/wording/texts.*.toml`)."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from string import Formatter
from typing import get_args, get_type_hints

import pytest

from bot.answering.explanation import Kind
from bot.commands import Command
from bot.config import Lang
from bot.delivery.transport import Loss
from bot.message import Band
from bot.record import DatedBy
from bot.store import MISS_STATES, AliasState, Status
from bot.store.evidence import Fate
from bot.store.evidence import Kind as Shows
from bot.store.hidden import HidingKind
from bot.store.states import StateKind
from bot.wording.texts import sentences

ROOT = Path(__file__).parents[2]
LANGS: tuple[Lang, ...] = get_args(Lang)
ZH = sentences("zh")

# What is put after the prefix of a key that is built at run time.
FAMILIES = {
    "change, ": ("subscribed", "unsubscribed", "retired"),
    "command, ": tuple(command.__name__ for command in get_args(Command)),
    "dated by ": get_args(DatedBy),
    "desk, band ": get_args(Band),
    "desk, field ": (
        *("company_code", "company_name", "record_no", "event_date", "title", "published_at"),
    ),
    "desk, would ": ("refuse", *get_args(Status)),
    "desk, act ": (
        *("approve", "refuse", "undo", "pause", "resume", "publish", "publish at", "draft"),
        *("unpublish", "hold", "release", "withdraw", "show"),
    ),
    "desk, done ": ("hold", "release", "withdraw", "show"),
    "desk, hidden ": get_args(HidingKind),
    "desk, state ": get_args(StateKind),
    "desk, alias ": get_args(AliasState),
    "desk, alias is ": get_args(AliasState),
    "desk, is ": MISS_STATES,
    "detail, ": (
        *("alias", "text", "before", "counterexample", "sessions", "file", "reason", "until"),
        *("version", "of", "by", "after", "rows", "no", "title", "day", "url"),
    ),
    "did, ": (
        *("desk invite", "desk sign-in", "desk sign-out", "desk remove", "import", "restore"),
        *(f"alias {state}" for state in (*get_args(AliasState), "approved")),
        *("counterexample", "counterexample undone"),
        *("replace", "restore-version", "supersede", "publish", "withdraw", "withdraw undone"),
        *("hold", "release", "pause", "resume", "forget", "later", "later undone"),
        *(f"miss {state}" for state in (*MISS_STATES, "undone")),
    ),
    "desk ": ("retired", "skipped", "unknown"),
    "age, ": ("year", "years", "month", "months", "day", "days"),
    "click, ": tuple(key.removeprefix("click, ") for key in ZH if key.startswith("click, ")),
    "eval, ": ("right", "offered", "wrong", "missed", "left"),
    "eval, failed ": ("wrong", "missed"),
    "explain, ": (
        *get_args(Kind),
        *("left out", "repaired", "synonyms", "pins", "counted", "touchy", "company only", "as of"),
    ),
    "fate, ": get_args(Fate),
    "found, ": ("taught", "taught near"),
    "help, ": (
        *("who", "ask", "number", "latest", "as of", "company", "whole", "whole of", "letter"),
        *("press", "digest", "slack", "wecom", "memory", "no memory", "terminal", "leave"),
    ),
    "guard, ": ("year", "quarter", "now", "figure", "metric", "company", "direction"),
    "meaning, ": (
        "used",
        "sure",
        "no model",
        "no vectors",
        "nothing",
        "failed",
    ),
    "pin, ": (
        *("year", "quarter", "half 1", "half 2", "figure", "metric", "company", "up", "down"),
        *("now", "day", "amount", "money", "when"),
    ),
    "proof, ": get_args(Shows),
    "result, ": get_args(Band),
    "retired, ": (*get_args(get_type_hints(Loss)["why"]), "desk"),
    "second reader, ": (
        *("sure", "unsure", "none, sure", "none", "no opinion", "counts", "only shown"),
    ),
    "small talk, ": (
        *("contact", "person", "who", "there", "complaint", "praise", "thanks", "bye", "hello"),
        *("nod", "nothing asked"),
    ),
    "why, ": (
        *("answered", "below answer", "below offers", "guard", "contested", "one of many"),
        "disputed",
        *("no words", "nothing similar", "names a company other than the chat's"),
        "names a company that is not stored",
        "touches a matter of which no record speaks",
        "the desk said that no record answers it",
    ),
    "asked": ("", ", excerpt"),
    "answered": ("", ", excerpt"),
}


def nodes():
    for folder in ("bot", "handlers"):
        for file in (ROOT / folder).rglob("*.py"):
            yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def templates():
    for file in (ROOT / "handlers/web/templates").rglob("*.*ml"):
        yield file.read_text(encoding="utf-8")


def is_lookup(node):
    """A call of `Texts.text`, or of the `_notice` that hands its key on."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("text", "_notice")
        and node.args
    )


def keys_in(node):
    """What an argument may be: keys as written, and beginnings of keys built at run time."""
    match node:
        case ast.Constant(value=str(key)):
            return {key}, set()
        case ast.IfExp(body=body, orelse=orelse):
            (one, begun), (other, also) = keys_in(body), keys_in(orelse)
            return one | other, begun | also
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return set(), {start}
        case ast.BinOp(left=ast.Constant(value=str(start))):
            return set(), {start}
    return set(), set()


def placeholders(sentence):
    return Counter(name for _, name, _, _ in Formatter().parse(sentence) if name)


@pytest.mark.parametrize("lang", LANGS)
def test_every_language_says_everything(lang):
    assert list(sentences(lang)) == list(ZH)


@pytest.mark.parametrize("lang", LANGS)
def test_a_sentence_has_the_same_gaps_in_every_language(lang):
    for key, sentence in sentences(lang).items():
        assert set(placeholders(sentence)) == set(placeholders(ZH[key])), key


def test_what_is_looked_up_exists():
    looked_up = [keys_in(node.args[0]) for node in nodes() if is_lookup(node)]
    written = {key for keys, _ in looked_up for key in keys}
    for text in templates():
        written |= {key for _, key in re.findall(r"\bt\((['\"])([^'\"]+)\1(?! ~)", text)}
    assert len(written) > 50
    assert written <= set(ZH)


def test_families_of_keys_built_at_run_time_are_known_and_whole():
    begun = {start for node in nodes() if is_lookup(node) for start in keys_in(node.args[0])[1]} | {
        "click, ",
        "command, ",
        "detail, ",
        "did, ",
        "guard, ",
        "why, ",
    }  # looked up by a name
    begun |= {
        start for text in templates() for start in re.findall(r"""\bt\(['"]([^'"]+)['"] ~""", text)
    }
    assert begun == set(FAMILIES)
    for start, ends in FAMILIES.items():
        for end in ends:
            assert start + end in ZH


def test_no_sentence_is_left_over():
    spelt = {
        node.value
        for node in nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    spelt |= {
        said
        for text in templates()
        for quoted in ('"([^"]+)"', "'([^']+)'")
        for said in re.findall(quoted, text)
    }
    built = {start + end for start, ends in FAMILIES.items() for end in ends}
    assert set(ZH) - spelt - built == set()
