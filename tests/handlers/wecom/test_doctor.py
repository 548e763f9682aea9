"""What the doctor says about the smart bot."""

from __future__ import annotations

import logging

import pytest

from bot.config import load_settings
from bot.delivery.mailbox import undelivered
from handlers.doctor import checks as whole_doctor
from handlers.wecom.chat import checks
from tests.handlers.wecom.test_app import settled


@pytest.fixture
def examine(wecom, tmp_path, caplog):
    def examine(**changed):
        settings = load_settings({**wecom.env, "IR_DB": "irbot.db", **changed}, tmp_path)
        found = list(checks(settings, 5.0))
        secret = settings.wecom_bot_secret
        assert not secret or not [item for item in found if secret in item.said + item.todo]
        # What it finds is a finding, not a log.
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
        return {item.what: item for item in found}

    return examine


def test_nothing_is_said_where_the_bot_is_not_set_up(examine):
    assert examine(WECOM_BOT_ID="", WECOM_BOT_SECRET="") == {}


def test_all_is_well(examine, wecom):
    found = examine()
    assert found["企业微信长连接"].ok
    assert found["企业微信机器人显示名"].ok
    assert len(wecom.opened) == 1
    wecom.until(lambda: not wecom.is_held)  # it leaves nothing behind


def test_half_set_credentials_wrong_ones_and_no_names_are_named_with_what_to_do(examine):
    assert not examine(WECOM_BOT_SECRET="")["企业微信凭证"].ok
    wrong = examine(WECOM_BOT_SECRET="another-secret")["企业微信长连接"]
    assert not wrong.ok
    assert "853000" in wrong.said
    assert wrong.todo
    assert examine(WECOM_BOT_NAMES="")["企业微信机器人显示名"].ok is None


def test_a_gateway_out_of_reach_is_named(examine):
    finding = examine(WECOM_WS_URL="ws://127.0.0.1:9")["企业微信长连接"]
    assert not finding.ok
    assert "ConnectionRefusedError" in finding.said


def test_a_running_bot_is_not_kicked(examine, bot, wecom, caplog):
    caplog.clear()
    assert examine()["企业微信长连接"].ok
    assert len(wecom.opened) == 1


def test_unknown_and_refused_posts_are_listed(bot, wecom, store, tmp_path):
    wecom.faults.append(lambda f: "silent" if f["cmd"] == "aibot_respond_msg" else None)
    wecom.mention("#7", chat="wrA")
    settled(wecom, "wrA", 1)
    wecom.until(lambda: undelivered(store.path))
    wecom.faults[:] = [lambda f: 40058 if f["cmd"] == "aibot_respond_msg" else None]
    wecom.mention("#8", chat="wrB")
    wecom.until(lambda: len(undelivered(store.path)) == 2)
    settings = load_settings({**wecom.env, "IR_DB": "irbot.db"}, tmp_path)
    said = [f"{item.what}：{item.said}" for item in whole_doctor(settings)]
    assert [line for line in said if "下落不明" in line and "wrA" in line]
    assert [line for line in said if "被拒" in line and "40058" in line]
    assert [line for line in said if "企业微信长连接" in line]
