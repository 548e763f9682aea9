"""What is said before anything is connected: the doctor, half-set credentials, the menu."""

from __future__ import annotations

import pytest

from bot.config import load_settings
from bot.errors import SettingsError
from handlers.wecom_app.chat import check, checks, is_configured
from tests.fakes.wecom_server import KEY, SECRET, TOKEN


@pytest.fixture
def examine(server, tmp_path):
    def examine(**changed):
        settings = load_settings({**server.env, "IR_DB": "irbot.db", **changed}, tmp_path)
        found = list(checks(settings))
        told = "".join(item.said + item.todo for item in found)
        assert not [secret for secret in (SECRET, KEY, TOKEN) if secret in told]
        return found[0]

    return examine


def test_all_is_well_and_a_missing_menu_is_named(examine, server):
    assert examine().ok
    assert "irbot wecom menu" in examine().said
    server.menus.append({"button": [{"name": "如何提问"}]})
    assert "irbot wecom menu" not in examine().said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"WECOM_AGENT_SECRET": "another"}, "40001"),
        ({"WECOM_CORP_ID": "ww2"}, "40013"),
        ({"WECOM_API_URL": "http://127.0.0.1:9"}, "应答（连不上（ConnectionRefusedError））"),
    ],
)
def test_what_is_wrong_is_named_with_the_next_step(examine, changed, said):
    finding = examine(**changed)
    assert not finding.ok
    assert said in finding.said
    assert finding.todo


def test_the_address_that_is_not_trusted_is_named(examine, server):
    said = "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info at …"
    server.faults.append(lambda path, body: {"errcode": 60020, "errmsg": said})
    finding = examine()
    assert "203.0.113.7" in finding.said
    assert "203.0.113.7" in finding.todo


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"WECOM_AGENT_SECRET": ""}, "WECOM_AGENT_SECRET"),
        ({"WECOM_CORP_ID": ""}, "WECOM_CORP_ID"),
        ({"WECOM_TOKEN": "", "WECOM_ENCODING_AES_KEY": ""}, "WECOM_ENCODING_AES_KEY"),
        ({"WECOM_AGENT_ID": "投关"}, "WECOM_AGENT_ID"),
        ({"WECOM_AGENT_ID": "app"}, "WECOM_AGENT_ID"),
        ({"WECOM_ENCODING_AES_KEY": KEY[1:]}, "WECOM_ENCODING_AES_KEY"),
        ({"WECOM_TOKEN": "a b"}, "WECOM_TOKEN"),
        ({"WECOM_API_URL": "http://example.com"}, "WECOM_API_URL"),
        ({"WECOM_API_URL": "https://qyapi.weixin.qq.com/cgi-bin"}, "WECOM_API_URL"),
        ({"IR_HTTP": ""}, "IR_CALLBACK_HTTP"),
    ],
)
def test_half_set_or_malformed_credentials_are_named_without_their_value(
    server, tmp_path, changed, named
):
    settings = load_settings({**server.env, **changed}, tmp_path)
    assert is_configured(settings)
    with pytest.raises(SettingsError, match=named) as error:
        check(settings)
    assert not [secret for secret in (SECRET, KEY[1:], TOKEN) if secret in str(error.value)]


def test_half_set_credentials_end_serve_before_it_connects(irbot, server):
    done = irbot("serve", **{**server.env, "WECOM_TOKEN": ""})
    assert done.returncode == 1
    assert "WECOM_TOKEN" in done.stderr
    assert not server.fetches


def test_refused_credentials_of_the_only_chat_end_serve(irbot, server):
    done = irbot("serve", **{**server.env, "WECOM_AGENT_SECRET": "another"}, IR_HTTP="127.0.0.1:0")
    assert done.returncode == 1
    assert "40001" in done.stderr
    assert "another" not in done.stderr


def test_the_menu_is_set(irbot, server):
    assert irbot("wecom", "menu", **server.env).returncode == 0
    (menu,) = server.menus
    assert menu["agentid"] == "1000002"
    assert [(entry["name"], entry["key"]) for entry in menu["button"]] == [
        ("如何提问", "help"),
        ("最新记录", "latest"),
    ]
    assert all(len(entry["name"].encode()) <= 16 for entry in menu["button"])


def test_a_menu_that_is_not_taken_says_why(irbot, server):
    server.faults.append(
        lambda path, body: {"errcode": 60020, "errmsg": "no, from ip: 203.0.113.7, more info"}
    )
    done = irbot("wecom", "menu", **server.env)
    assert done.returncode == 1
    assert "203.0.113.7" in done.stderr
    assert "\n" not in done.stderr.strip()
    assert irbot("wecom", "menu").returncode == 1
