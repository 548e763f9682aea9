"""Digests through group webhooks: the words intact, each limit kept, the key a secret."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from bot.config import CHINA, load_settings
from bot.delivery.transport import CannotCheck, RateLimited, Refused, Sent, Unconfirmed
from bot.digest.checks import checks
from bot.errors import SettingsError
from bot.message import Answer, Hit, Quotation, ReplyView
from handlers.wecom_webhook import chat
from handlers.wecom_webhook.app import Webhooks, check, messages
from tests.conftest import open_by_words
from tests.fakes.webhook import FakeWebhook
from tests.waiting import until

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def gateway(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeWebhook() as fake:
        yield fake


def settings(gateway, tmp_path, **more):
    env = {"WECOM_API_URL": gateway.url, "WECOM_WEBHOOKS": KEY, "IR_DB": "irbot.db", **more}
    return load_settings(env, tmp_path)


def quoted(question, answer):
    words = Quotation(
        "头", "注意：以公司公告为准。", "投资者问：", question, "公司答：", answer, "出处：", ""
    )
    return messages(ReplyView("每日摘要", (words,)))


def content(payload):
    return payload[payload["msgtype"]]["content"]


def shown_text(payloads):
    """What a reader sees of the messages: part numbers and fences off, joined."""
    pages = [re.sub(r"^（\d+/\d+）\n\n", "", content(payload)) for payload in payloads]
    return re.sub(r"(?:^|\n+)`{3,}\n|\n`{3,}(?:\n+|$)|\n\n", "", "\n\n".join(pages))


def test_a_short_digest_is_plain_text():
    (payload,) = quoted("增速约~5%~10%？", "*以公告为准* <b>")
    assert payload["msgtype"] == "text"
    assert "增速约~5%~10%？" in content(payload)


@pytest.mark.parametrize(
    "answer",
    [
        "公司经营情况正常。" * 300,
        "增速约~5%~10%，*毛利率*_约_30%。" * 200,
        "没有标点" * 1500,
        "```围栏```里还有````围栏````。" * 150,
        '提问<@zhangsan>与<font color="info">绿</font>。' * 60,
        "😀" * 2000,
    ],
)
def test_a_long_answer_arrives_whole_in_numbered_messages_within_the_limit(answer):
    payloads = quoted("如何？", answer)
    assert {payload["msgtype"] for payload in payloads} == {"markdown_v2"}
    assert max(len(content(payload).encode()) for payload in payloads) <= 4096
    assert answer in shown_text(payloads)
    if len(payloads) > 1:
        assert content(payloads[-1]).startswith(f"（{len(payloads)}/{len(payloads)}）")


def test_words_that_a_renderer_might_change_stand_in_a_fence():
    payloads = quoted("如何？", "约~5%~10%。" * 300)
    for payload in payloads:
        outside = re.sub(r"(`{3,})\n.*?\n\1", "", content(payload), flags=re.DOTALL)
        assert "~" not in outside


def test_every_question_of_the_sample_arrives_to_the_letter(responder):
    (record,) = responder.records()
    for question in record.questions:
        shown = responder.words.show(Answer((Hit(record, question, 1.0),), date(2026, 11, 25)))
        payloads = messages(ReplyView("每日摘要", shown.quotations))
        joined = "".join(map(content, payloads)) if len(payloads) == 1 else shown_text(payloads)
        assert question.question in joined
        assert question.answer in joined


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, Sent("")),
        (45009, RateLimited(60.0)),
        (93000, Refused("93000", permanent=True)),
        (40058, Refused("40058", permanent=True)),
        (-1, Refused("-1", permanent=False)),
    ],
)
def test_the_errcode_decides_not_the_status(gateway, tmp_path, code, outcome):
    gateway.codes[KEY] = code
    found = settings(gateway, tmp_path)
    hooks = Webhooks(found, open_by_words(found).delivery)
    (name,) = hooks._urls
    payload = {"msgtype": "text", "text": {"content": "摘要"}}
    assert hooks.send(payload, {"webhook": name}, "k") == outcome
    assert hooks.look_up(payload, {"webhook": name}, "k") == CannotCheck()


def test_an_answer_that_says_nothing_leaves_the_fate_unknown(gateway, tmp_path):
    from flask import make_response

    gateway.fault = lambda key, body: make_response("<html>", 502)
    found = settings(gateway, tmp_path)
    hooks = Webhooks(found, open_by_words(found).delivery)
    (name,) = hooks._urls
    payload = {"msgtype": "text", "text": {"content": "摘要"}}
    assert hooks.send(payload, {"webhook": name}, "k") == Unconfirmed("HTTP 502")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WECOM_WEBHOOKS", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="),
        ("WECOM_WEBHOOKS", f"http://example.com/cgi-bin/webhook/send?key={KEY}"),
        ("WECOM_WEBHOOKS", "no"),
        ("IR_DIGEST_AT", "25:00"),
        ("IR_DIGEST_AT", "09:00 desk"),
    ],
)
def test_malformed_settings_are_named_and_never_shown(gateway, tmp_path, name, value):
    with pytest.raises(SettingsError, match=name) as raised:
        check(settings(gateway, tmp_path, **{name: value}))
    assert KEY not in str(raised.value)


def test_doctor_says_what_serve_would_refuse(gateway, tmp_path):
    assert list(chat.checks(settings(gateway, tmp_path))) == []
    (said,) = chat.checks(settings(gateway, tmp_path, WECOM_WEBHOOKS=f"{KEY},短"))
    assert said.ok is False
    assert "第2个" in said.said
    assert KEY not in said.said


@pytest.fixture
def group(gateway, store, tmp_path):
    """A webhook in the round: `group.day(n)` is 09:00:01 n days later; the clock is ours."""

    class Group:
        began = datetime(2026, 11, 23, 8, tzinfo=CHINA)

        def __init__(self):
            self.now = self.began
            found = settings(gateway, tmp_path)
            bot = open_by_words(found, lambda: self.now)
            self.delivery, self.scheduler = bot.delivery, bot.scheduler
            self.hooks = Webhooks(found, bot.delivery)
            self.subscriptions = bot.responder.subscribing.subscriptions
            self.hooks.subscribe(self.subscriptions, self.now)
            self.delivery.start()

        def day(self, days):
            self.now = self.began + timedelta(days=days, hours=1, seconds=1)
            self.scheduler.run_once(self.now)

        def until(self, condition):
            def looked():
                self.scheduler.run_once(self.now)
                return condition()

            until(looked)

    group = Group()
    yield group
    group.delivery.stop()


def test_a_webhook_gets_its_digest_and_its_key_stays_out_of_the_database(group, gateway, store):
    group.day(0)
    group.until(lambda: gateway.posts)
    ((key, payload),) = gateway.posts
    assert key == KEY
    assert "每日一问" in content(payload)
    assert KEY.encode() not in store.path.read_bytes()


def test_a_revoked_webhook_is_retired_at_once_and_stays_so(group, gateway, store, caplog):
    gateway.codes[KEY] = 93000
    group.day(0)
    group.until(lambda: not group.subscriptions.active())
    ours = [text.getMessage() for text in caplog.records if text.name != "werkzeug"]
    assert KEY not in "".join(ours)
    assert "93000" in caplog.text
    calls = gateway.calls
    group.hooks.subscribe(group.subscriptions, group.now)
    group.day(1)
    group.day(2)
    assert gateway.calls == calls
    later = load_settings({"IR_NOW": "2026-11-25T09:00+08:00"}, store.path.parent)
    said = [finding.said for finding in checks(later, store)]
    assert any("wecom-webhook" in line and "93000" in line for line in said)


def test_a_post_whose_fate_is_unknown_is_not_repeated_and_is_listed(group, gateway):
    from flask import make_response

    gateway.fault = lambda key, body: make_response("gateway", 502)
    group.day(0)
    group.until(lambda: group.subscriptions.entries(date(2026, 11, 23), "unknown"))
    group.day(0)
    assert gateway.calls == 1
    (entry,) = group.subscriptions.entries(date(2026, 11, 23), "unknown")
    assert (entry.platform, entry.day) == ("wecom-webhook", date(2026, 11, 23))
