"""`irbot doctor` against the fake Slack."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import jsonify

from bot.config import load_settings
from bot.store.connection import connect
from handlers.doctor import checks


@pytest.fixture
def settings(slack, store, tmp_path):
    return load_settings({**slack.env, "IR_DB": "irbot.db"}, tmp_path)


def _by_name(settings):
    return {finding.what: finding for finding in checks(settings)}


def test_all_is_well_and_no_secret_is_shown(settings):
    found = _by_name(settings)
    assert [finding for finding in found.values() if finding.ok is False] == []
    for what in ("数据库", "磁盘", "时钟", "时钟比对", "记录", "网络 127.0.0.1"):
        assert found[what].ok is True
    for what in ("令牌类型", "机器人令牌", "权限", "Socket Mode"):
        assert found[f"Slack {what}"].ok is True
    assert "xoxb-1" not in str(found)
    assert "xapp-1" not in str(found)


def test_each_fault_names_its_next_step(settings, slack, tmp_path):
    slack.scopes = "app_mentions:read,chat:write"
    found = _by_name(settings)
    assert (found["Slack 权限"].ok, "im:history" in found["Slack 权限"].said) == (False, True)
    assert "重新安装" in found["Slack 权限"].todo

    def refuse(method, given):
        code = {"auth.test": "token_revoked", "apps.connections.open": "missing_scope"}[method]
        return jsonify({"ok": False, "error": code})

    slack.faults.append(refuse)
    found = _by_name(settings)
    assert "重新安装" in found["Slack 机器人令牌"].todo
    assert "connections:write" in found["Slack Socket Mode"].todo
    swapped = replace(settings, slack_bot_token="xapp-1", slack_app_token="xoxb-1")
    assert _by_name(swapped)["Slack 令牌类型"].ok is False
    empty = replace(settings, db=tmp_path / "empty.db", slack_api_url="http://127.0.0.1:9/api/")
    found = _by_name(empty)
    assert "irbot import" in found["数据库"].todo
    assert not (tmp_path / "empty.db").exists()  # looking makes nothing
    assert found["网络 127.0.0.1"].ok is False
    (tmp_path / "noise.db").write_bytes(b"no database" * 100)
    assert _by_name(replace(settings, db=tmp_path / "noise.db"))["数据库"].ok is False


@pytest.mark.parametrize(("others", "ok"), [(0, True), (1, None), (2, False)])
def test_other_connections_of_the_app_are_told(settings, slack, others, ok):
    slack.other_sockets = others
    found = _by_name(settings)["Slack 连接数"]
    assert found.ok is ok
    assert (f"另有 {others} 个连接" in found.said) is bool(others)


def test_no_answer_is_told_in_the_language_of_the_frame(settings):
    found = _by_name(replace(settings, slack_api_url="http://127.0.0.1:9/api/"))
    said = {what: finding.said for what, finding in found.items()}
    assert said["Slack 机器人令牌"] == "没有得到 Slack 的应答（连不上（ConnectionRefusedError））"
    assert said["Slack Socket Mode"] == "没有得到地址（连不上（ConnectionRefusedError））"


def test_a_clock_that_is_wrong_is_told(settings, slack):
    slack.ahead_s = -120.0
    clock = _by_name(settings)["时钟比对"]
    assert (clock.ok, "快 120 秒" in clock.said or "快 121 秒" in clock.said) == (False, True)


def test_posts_of_unknown_fate_are_listed_but_are_no_fault(settings, store):
    connect(store.path).execute(
        "INSERT INTO outbox (key, platform, workspace, channel, address, payload, state, tries, "
        "due, at) VALUES ('k', 'wecom', 'W', '会话9', '{}', '{}', 'unknown', 1, 0, 1.79e9)"
    )
    listed = _by_name(settings)["下落不明的答复"]
    assert (listed.ok, "wecom 会话9 2026-09-" in listed.said) == (None, True)
