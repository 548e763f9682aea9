"""One language in a frame: no Chinese in an English one but what is quoted, and the other way.

Every sentence of the code is looked for in the English book, mechanically; then commands, help,
wrong usage, replies and pages are walked through in both languages.
"""

from __future__ import annotations

import ast
import errno
import json
import os
import re
import shlex
import ssl
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bot.config import Settings
from bot.errors import reason
from bot.message import Chat, Message
from bot.record import EventDate, Question, Reading, Record
from bot.store import Store
from bot.wording.phrasebook import messages
from bot.wording.texts import sentences
from handlers.cli.main import cli
from handlers.slack import render as slack
from handlers.wecom import render as wecom
from tests.conftest import open_by_words
from tests.handlers.web.site import Site

ROOT = Path(__file__).parents[2]
HAN = re.compile("[\u3400-\u9fff]")
BOOK = messages("en")
MET = (
    *("ENOENT", "EACCES", "EPERM", "EISDIR", "ENOTDIR", "EROFS", "EIO", "EADDRINUSE"),
    *("ECONNREFUSED", "ETIMEDOUT"),
)
TELLING = {
    *("say", "framed", "Problem", "Finding", "UsageError", "BadParameter", "fail", "ReadingError"),
    *("BotError", "StoreError", "SettingsError", "RefusedError", "NotFoundError", "IdentityError"),
    *("DisplacedError", "option", "Outcome"),
}
# What an English frame quotes: what stands between marks of a quotation, words of the lexicon, the
# form's name and number, and names of platforms.
QUOTED = re.compile(
    r"＝.*|metric .*|“[^”]*”|投资者关系活动记录表|编号\S+|微信客服|企业微信|互动易|上证e互动"
)


def template(node: ast.Constant | ast.JoinedStr) -> str:
    """A text with `{}` for each gap."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
    )


def texts_in(call):
    """Every text with Chinese in the arguments of a call, those of inner calls too."""
    inside = {
        id(part)
        for node in ast.walk(call)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(call):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in inside:
            text = template(node)
            if HAN.search(text):
                yield text


def told():
    """Every Chinese text that some code tells a person: (file, text)."""
    for folder in ("bot", "handlers"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                    if name in TELLING:
                        yield from ((file.relative_to(ROOT), text) for text in texts_in(node))


def left_chinese(text):
    """What an English frame leaves of a text in Chinese, its gaps filled with Latin words."""
    filled = re.sub(r"\{\}", "x1", text)
    return HAN.search(QUOTED.sub("", BOOK.put(filled)))


def test_every_sentence_that_is_told_has_its_english():
    found = list(told())
    assert len(found) > 500
    missing = sorted({f"{file}: {text}" for file, text in found if left_chinese(text)})
    assert missing == []


@pytest.mark.parametrize("number", [getattr(errno, name) for name in MET])
def test_what_the_system_says_is_in_the_language_of_the_frame(number):
    said = reason(OSError(number, os.strerror(number)))
    assert HAN.search(said)
    assert not HAN.search(BOOK.put(f"a.txt：无法读取（{said}）"))
    assert reason(ssl.SSLError(number, "of TLS, which numbers its own")).startswith("of TLS")


def test_english_texts_hold_no_chinese_but_names():
    odd = [key for key, said in sentences("en").items() if HAN.search(QUOTED.sub("", said))]
    assert odd == []


# The walk: over a record in Latin letters, so that all Chinese is the frame's

ASKED = "What is the dividend policy?"
ANSWERED = "We pay 30% of the profit by 2025."
RECORD = Record(
    company_code="600000",
    company_name="Acme",
    record_no="2025-001",
    title="Record",
    activities=("Call",),
    event_dates=(EventDate(date(2025, 5, 6), date(2025, 5, 6), "day", "2025-05-06"),),
    questions=(Question(1, ASKED, ANSWERED), Question(2, "How is the gross margin?", "It is 41%.")),
)
ID = "600000/2025-001"
COMMANDS = (
    *("records", f"show {ID}", f"show {ID}#1", "ask dividend", "ask help", "ask latest", "ask #2"),
    *(
        "ask --explain dividend",
        "ask weather on Mars",
        "ask company 600000",
        "verify",
        "verify --all",
    ),
    *(f"hold {ID}#1 --reason quiet", "records", f"show {ID}", f"release {ID}#1", "due", "said"),
    *("pause --reason quiet", "records", "resume", f"withdraw {ID} --reason x", "records"),
    *(f"withdraw {ID} --undo", "log", "misses", "misses --company 123456", "misses --state x"),
    *(f"later {ID}#1 --no 1 --title T --date 2025-06-01 --url https://e.com/1", f"later {ID}#1"),
    *("later", f"later {ID}#1 --no 1", f"alias add {ID}#1 payout ratio", "alias list"),
    *(f"alias add {ID}#1 help", f"alias add {ID}#1 {ASKED!r}", f"alias deny {ID}#2 payout", "log"),
    *(f"timeline {ID}#1", f"publish {ID} --at draft", "publish 1", "digest", "desk users"),
    *("desk invite Ann", "desk users", "desk remove Ann", "forget U9", "forget :x", "export out"),
    *("backup copy.db", "backup copy.db", "restore copy.db --dry-run", "restore none.db"),
    *("import none.txt", "import", f"import --again {ID}", "show 1", f"show {ID}#9", "nosuch"),
    *("show", "due --within x", "ask --as-of x", "pause", "--help", "due --jso", "hold --help"),
    *("eval q.tsv", "eval q.tsv --json", f"restore-version {ID} 1", f"restore-version {ID} 7"),
    *(
        "wecom menu",
        "digest --date 2025-05-07",
        "watch nowhere",
        "slack manifest --command IR",
        "slack manifest",
    ),
)
# What a Chinese frame may say in English: the record, what is typed, terms and protocol's numbers.
_TYPED = re.compile(
    r"irbot [^；\n）]*|--[\w-]+( \w+)*|in-scope[\w ]*|out-of-scope[\w ]*|answered[\w ]*"
    r"|[\w ]*queries"
    r"|matcher|wrong|right|at sight|helped|offers[\w ]*|precision|characters[\w ]*"
)
ENGLISH = re.compile(r"(?:\b[A-Za-z][a-z]+\b[ ,.]+){3,}[A-Za-z]+")
OF_RECORD = (ASKED, ANSWERED, "How is the gross margin?", "It is 41%.", ASKED[:24])


@pytest.fixture(params=["en", "zh"])
def walk(request, tmp_path, monkeypatch):
    """The language, and the store, of a walk through everything."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("IR_", "WECOM_", "SLACK_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IR_LANG", request.param)
    store = Store(tmp_path / "data/irbot.db")
    store.add([Reading(RECORD)], b"record", "record.txt")
    Path("q.tsv").write_text(f"dividend\t{ID}#1\nmargin\t{ID}#1\nMars\t-\n", encoding="utf-8")
    return request.param, store


def odd(lang, text):
    """What of a text is in another language than the frame."""
    if lang == "en":
        return HAN.findall(QUOTED.sub("", text))
    for words in OF_RECORD:
        text = text.replace(words, "")
    return [found[0] for found in ENGLISH.finditer(_TYPED.sub("", text))]


def test_every_command_speaks_one_language(walk):
    lang, _ = walk
    said = {}
    for command in COMMANDS:
        done = CliRunner().invoke(cli, shlex.split(command), prog_name="irbot")
        assert not isinstance(done.exception, (AttributeError, KeyError)), (command, done.exception)
        if found := odd(lang, done.output):
            said[command] = (found, done.output)
    assert said == {}


def test_every_help_speaks_one_language(walk):
    lang, _ = walk

    def pages(command, words):
        yield words
        for name, inner in (getattr(command, "commands", None) or {}).items():
            yield from pages(inner, (*words, name))

    context = click.Context(cli)
    names = cli.list_commands(context)
    paths = [path for name in names for path in pages(cli.get_command(context, name), (name,))]
    assert len(paths) > 35
    for path in paths:
        text = CliRunner().invoke(cli, [*path, "--help"], prog_name="irbot").output
        assert odd(lang, re.sub(r"irbot.*", "", text)) == [], (path, text)


MESSAGES = (
    *("help", "latest", "#1", "dividend", "full text", "weather on Mars", "A", "question 9", "2"),
    *("hello", "thanks", "who are you", "company 600000", "company 999999", "company all"),
    *("subscribe", "subscribe 09:00", "subscribe 25:99", "subscriptions", "unsubscribe", "digest"),
    *("dividend @2020-01-01", "dividend @2025-13-45", "600001/2025-001", f"{ID}#1", "1. a 2. b"),
    *("dividend? gross margin? Mars?", "margin", "x" * 3000, ""),
)


def test_every_reply_and_card_speaks_one_language(walk):
    lang, store = walk
    responder = open_by_words(Settings(store.path, lang=lang, contact="IR +1 555")).responder
    responder.reachability = lambda chat: ""
    for platform in ("terminal", "slack", "wecom"):
        chat = Chat(platform, "T", "C1", "U1")
        for typed in MESSAGES:
            message = Message(typed, chat)
            shown = responder.show(responder.reply(message))
            told = [shown.text, *(button.label for button in shown.buttons)]
            told += [json.dumps(one, ensure_ascii=False) for one in cards(shown, responder.words)]
            for text in told:
                assert odd(lang, text) == [], (typed, text)


def cards(shown, words):
    """The reply as Slack's blocks and as WeCom's messages and cards."""
    return [*slack.messages(shown, words), *wecom.messages(shown, words)]


def test_every_page_speaks_one_language(walk, tmp_path):
    lang, _ = walk
    site = Site(tmp_path / "site", lang=lang, contact="IR +1 555")
    site.add(RECORD, file="record.txt")
    for path in (
        "/",
        f"/r/{ID}",
        "/c/600000",
        "/ask?q=dividend",
        "/ask?q=Mars",
        "/nowhere",
        "/desk",
    ):
        page = site.client.get(path, base_url="http://127.0.0.1").get_data(as_text=True)
        text = re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)
        assert odd(lang, text) == [], (path, text)
        assert not re.search(r"\(\(|\{\w*\}|\bNone\b", text), (
            path,
            text,
        )  # no value as it is in code
