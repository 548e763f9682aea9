"""What is said before customers can write: the doctor, half-set credentials."""

from __future__ import annotations

import pytest

from bot.config import load_settings
from bot.errors import SettingsError
from handlers.wecom_app.chat import is_configured as app_is_configured
from handlers.wecom_kf.chat import check, checks, is_configured
from tests.fakes.wecom_kf import ACCOUNT, KF_SECRET
from tests.fakes.wecom_server import KEY, TOKEN


@pytest.fixture
def examine(kf, tmp_path):
    def examine(**changed):
        settings = load_settings({**kf.env, "IR_DB": "irbot.db", **changed}, tmp_path)
        found = list(checks(settings))
        told = "".join(item.said + item.todo for item in found)
        assert not [secret for secret in (KF_SECRET, KEY, TOKEN) if secret in told]
        return {item.what: item for item in found}

    return examine


def test_accounts_and_people_are_told(examine, kf):
    found = examine()
    assert found[f"客服账号 {ACCOUNT}"].ok
    assert found[f"客服账号 {ACCOUNT} 的接待人员"].ok is None
    kf.people = [{"userid": "a", "status": 0}, {"userid": "b", "status": 1}]
    assert "正在接待 1 人" in examine()[f"客服账号 {ACCOUNT} 的接待人员"].said


def test_an_account_that_the_app_does_not_see_is_told_with_those_that_it_does(examine):
    finding = examine(WECOM_KF_OPEN_ID="wkother")["客服账号 wkother"]
    assert not finding.ok
    assert ACCOUNT in finding.said


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"errcode": 95012}, "95012"),
        ({"errcode": 48002}, "48002"),
        ({"errcode": 60020, "errmsg": "no, from ip: 203.0.113.7, more"}, "203.0.113.7"),
    ],
)
def test_what_is_refused_is_named_with_the_next_step(examine, kf, fault, said):
    kf.faults.append(lambda path, body: fault)
    finding = examine()["微信客服"]
    assert not finding.ok
    assert said in finding.said
    assert finding.todo


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"WECOM_CORP_ID": ""}, "WECOM_CORP_ID"),
        ({"WECOM_KF_SECRET": ""}, "WECOM_KF_SECRET"),
        ({"WECOM_KF_TOKEN": ""}, "WECOM_KF_TOKEN"),
        ({"WECOM_KF_ENCODING_AES_KEY": KEY[1:]}, "WECOM_KF_ENCODING_AES_KEY"),
        ({"WECOM_KF_OPEN_ID": ""}, "WECOM_KF_OPEN_ID"),
        ({"WECOM_KF_OPEN_ID": f"{ACCOUNT},kfc53007d57d4293a31"}, "WECOM_KF_OPEN_ID"),
        ({"IR_HTTP": ""}, "IR_CALLBACK_HTTP"),
    ],
)
def test_half_set_or_malformed_credentials_are_named(kf, tmp_path, changed, named):
    settings = load_settings({**kf.env, **changed}, tmp_path)
    assert is_configured(settings)
    assert not app_is_configured(settings)  # the corporation's id alone is no app
    with pytest.raises(SettingsError, match=named) as error:
        check(settings)
    assert KF_SECRET not in str(error.value)


def test_half_set_credentials_end_serve_before_it_connects(irbot, kf):
    done = irbot("serve", **{**kf.env, "WECOM_KF_TOKEN": ""})
    assert done.returncode == 1
    assert "WECOM_KF_TOKEN" in done.stderr
    assert not kf.fetches
