"""The installed command, as a person or a script runs it."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.error
import urllib.request
from datetime import timedelta

import pytest

from tests.conftest import IRBOT, SAMPLE, environment
from tests.fakes.slack import FakeSlack
from tests.serving import free_port
from tests.waiting import PATIENCE_S


@pytest.fixture
def loaded(irbot, imported, tmp_path):
    imported.copy(tmp_path / "data/irbot.db")
    return irbot


def test_import_is_idempotent_and_says_so(loaded, imported):
    first = json.loads(imported.said)
    again = json.loads(loaded("import", SAMPLE, "--json").stdout)
    assert [item["status"] for item in first + again] == ["imported", "unchanged"]
    assert first[0]["record_ids"] == ["300253/2025-002"]
    assert (first[0]["questions"], first[0]["unplaced"]) == (31, 0)


def test_the_acceptance_dialogue_by_file(loaded):
    done = loaded("ask", "--file", "-", "--json", stdin="关税\n#7\n今天上海天气怎么样\n")
    tariff, seventh, weather = map(json.loads, done.stdout.splitlines())
    assert [(hit["id"], hit["part"]) for hit in tariff["answers"]] == [("300253/2025-002#24", 3)]
    assert seventh["answers"][0]["question_no"] == 7
    assert (weather["kind"], weather["answers"], weather["suggestions"]) == ("decline", [], [])


def test_a_number_goes_straight_to_its_question(loaded):
    typed = ["24", "#24", "第24问", "第二十四个问题", "300253/2025-2#24", "300253/2025-002#24"]
    done = loaded("ask", "--file", "-", "--json", stdin="\n".join(typed) + "\n")
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(reply["answers"][0]["id"], reply["confidence"]) for reply in replies] == [
        ("300253/2025-002#24", 1)
    ] * len(typed)


@pytest.mark.parametrize(("now", "passed"), [("2025-07-01", True), ("2025-05-01", False)])
def test_the_notice_follows_the_clock(loaded, now, passed):
    reply = json.loads(loaded("ask", "可转债", "--json", IR_NOW=f"{now}T09:00:00+08:00").stdout)
    assert ("“2025 年 6 月底前”已过" in reply["text"]) is passed
    assert [hit["question_no"] for hit in reply["suggestions"]] == [31]


def test_hostile_messages_get_a_short_reply_each(loaded):
    typed = [
        "",
        " ",
        "？",
        "🙂🙂",
        "\x1b[2J",
        "'; DROP TABLE records;--",
        "<!channel>",
        "问" * 10_000,
    ]
    done = loaded("ask", "--file", "-", "--json", stdin="\n".join(typed) + "\n")
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    assert len(kinds) == len(typed)
    assert set(kinds) <= {"help", "decline", "notice", "suggest", "likely"}
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_bad_input_is_one_clear_line_and_exit_1(loaded, tmp_path):
    for name, content in (("empty.txt", b""), ("noise.txt", b"\xff\x00\x80" * 40)):
        (tmp_path / name).write_bytes(content)
        done = loaded("import", name)
        assert (done.returncode, name in done.stderr) == (1, True)
        assert "Traceback" not in done.stderr
    for arguments in (("import", "absent.pdf"), ("show", "999999/2020-1")):
        done = loaded(*arguments)
        assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (1, "", False)
    assert len(json.loads(loaded("records", "--json").stdout)) == 1


@pytest.mark.parametrize(
    "env",
    [
        {"SLACK_BOT_TOKEN": "xoxb-1"},
        {"SLACK_APP_TOKEN": "xapp-1"},
        {"SLACK_BOT_TOKEN": "nonsense", "SLACK_APP_TOKEN": "xapp-1"},
    ],
)
def test_half_set_or_malformed_credentials_stop_serve_before_connecting(irbot, env):
    done = irbot("serve", **env, IR_HTTP="")
    assert done.returncode == 1
    assert "SLACK_" in done.stderr
    assert not any(value in done.stderr for value in env.values() if value.startswith("nonsense"))


def test_a_database_of_a_newer_version_is_left_alone(loaded, tmp_path):
    import sqlite3

    path = tmp_path / "data/irbot.db"
    with sqlite3.connect(path) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('irbot', 'from_the_future', '2030-01-01')"
        )
    done = loaded("ask", "可转债")
    assert (done.returncode, "更新版本" in done.stderr) == (1, True)


def test_a_withdrawn_question_is_in_no_reply_until_undone(loaded):
    assert loaded("withdraw", "300253/2025-002#24", "--reason", "更正中").returncode == 0
    assert "#24" not in loaded("ask", "关税", "--json").stdout
    assert loaded("withdraw", "300253/2025-002#24", "--undo").returncode == 0
    assert "#24" in loaded("ask", "关税", "--json").stdout


def test_verify_proves_the_store(loaded):
    done = loaded("verify")
    assert done.returncode == 0


def test_serve_answers_slack_tells_its_health_and_ends_on_sigterm(loaded, tmp_path):
    port = free_port()
    with FakeSlack() as slack:
        process = subprocess.Popen(
            [IRBOT, "serve"],
            cwd=tmp_path,
            env=environment({**slack.env, "IR_HTTP": f"127.0.0.1:{port}"}),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            slack.until(lambda: slack.sockets)
            ts = slack.mention("可转债")
            post = slack.until(lambda: slack.posts)[0]
            assert post["thread_ts"] == ts
            health = _health(f"http://127.0.0.1:{port}/healthz")
            assert health["chats"] == {"slack": "connected"}
            assert health["records"] == 1
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "xoxb-1-test" not in said
    assert "可转债" not in said


def _health(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=PATIENCE_S) as answer:
        return json.load(answer)


def test_the_manifest_has_the_command_and_only_the_scopes_it_explains(irbot):
    done = irbot("slack", "manifest", "--command", "/wnir")
    manifest = json.loads(done.stdout)
    assert manifest["features"]["slash_commands"][0]["command"] == "/wnir"
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    assert all(f"{scope}: " in done.stderr for scope in scopes)
    assert irbot("slack", "manifest", "--command", "wnir").returncode == 2
    assert manifest["features"]["agent_view"]["suggested_prompts"]
    assert {
        "app_home_opened",
        "app_mention",
        "message.channels",
        "message.groups",
        "message.im",
        "app_uninstalled",
        "tokens_revoked",
    } == set(manifest["settings"]["event_subscriptions"]["bot_events"])
    assert manifest["features"]["shortcuts"][0]["name"] == "查活动记录"
    assert "redirect_urls" not in manifest["oauth_config"]
    back = "https://bot.example.com/slack/oauth_redirect"
    many = json.loads(irbot("slack", "manifest", "--redirect-url", back).stdout)
    assert many["oauth_config"]["redirect_urls"] == [back]
    for wrong in (
        "http://bot.example.com/slack/oauth_redirect",
        "https://bot.example.com/",
        back + "?",
    ):
        assert irbot("slack", "manifest", "--redirect-url", wrong).returncode == 2


def test_doctor_says_what_is_wrong_and_fails_only_then(loaded):
    well = loaded("doctor")
    assert (well.returncode, "好 记录：" in well.stdout) == (0, True)
    ill = loaded(
        "doctor", "--json", SLACK_BOT_TOKEN="xoxb-1", SLACK_API_URL="http://127.0.0.1:9/api"
    )
    assert ill.returncode == 1
    faults = {item["what"]: item for item in json.loads(ill.stdout) if item["ok"] is False}
    assert "SLACK_APP_TOKEN" in faults["Slack 令牌类型"]["said"]


def test_callbacks_are_served_on_an_address_of_their_own(loaded, tmp_path):
    with FakeSlack() as slack:
        port = free_port()
        env = {
            **slack.env,
            "SLACK_APP_TOKEN": "",
            "SLACK_SIGNING_SECRET": "0" * 32,
            "IR_HTTP": "",
            "IR_CALLBACK_HTTP": f"127.0.0.1:{port}",
        }
        process = subprocess.Popen([IRBOT, "serve"], cwd=tmp_path, env=environment(env))
        try:
            slack.until(lambda: "auth.test" in slack.calls)
            slack.until(lambda: _status(f"http://127.0.0.1:{port}/healthz") == 200)
            assert _status(f"http://127.0.0.1:{port}/") == 404
            assert _status(f"http://127.0.0.1:{port}/slack/events", data=b"{}") == 401
        finally:
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
    neither = loaded("serve", **{**env, "IR_CALLBACK_HTTP": ""})
    assert (neither.returncode, "IR_CALLBACK_HTTP" in neither.stderr) == (1, True)


def _status(url, data=None):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, data=data, timeout=PATIENCE_S) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


def test_digest_prints_what_would_be_said_and_changes_nothing(loaded):
    first = loaded("digest", "--channel", "C1", "--date", "2026-11-25")
    again = loaded("digest", "--channel", "C1", "--date", "2026-11-25")
    assert (first.returncode, first.stdout) == (0, again.stdout)
    assert first.stdout.startswith(
        "每日摘要 2026-11-25（周三）\n\n补录历史记录1份（300253/2025-002）"
    )
    assert "出处：投资者关系活动记录表 编号2025-002" in first.stdout
    assert "不是A股交易日" in loaded("digest", "--date", "2026-10-01").stderr


def test_digest_shows_a_new_record_with_its_questions(loaded):
    said = loaded("digest", "--date", "2025-05-08").stdout
    assert "编号2025-002 共31问，列出其中8问" in said
    assert loaded("show", "300253/2025-002#1").stdout.split("、", 1)[1].splitlines()[0] in said


def test_misses_are_grouped_by_likeness(loaded, tmp_path):
    from datetime import UTC, datetime

    from bot.message import Chat
    from bot.store import Store

    store = Store(tmp_path / "data/irbot.db")
    for at, text in enumerate(
        ["公司何时分红？", "上海天气怎么样", "请问公司何时分红", "您好，公司什么时候分红？"]
    ):
        store.add_miss(
            Chat("slack", "T", "C", "U1"), text, "decline", datetime(2026, 11, 24, at, tzinfo=UTC)
        )
    groups = json.loads(loaded("misses", "--json").stdout)
    assert [group["count"] for group in groups] == [3, 1]
    assert groups[0]["texts"] == ["您好，公司什么时候分红？", "请问公司何时分红", "公司何时分红？"]
    said = loaded("misses").stdout
    assert said.startswith("3次（列出相近0，未找到3）最近2026-11-24  您好，公司什么时候分红？")
    assert "U1" not in said


def test_misses_show_what_was_picked_and_what_was_found_unhelpful(loaded, tmp_path):
    from datetime import UTC, datetime

    from bot.message import Chat, Hit
    from bot.store import Store
    from bot.store.feedback import Feedback

    store = Store(tmp_path / "data/irbot.db")
    record = next(iter(store.records())).record
    hit = Hit(record, record.questions[23], 0.5)
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    asked, picked = Chat("slack", "T", "C1", "U1"), Chat("slack", "T", "C2", "U2")
    for chat in (asked, picked):
        store.add_miss(chat, "转债什么时候下修", "suggest", at, [hit])
    store.add_pick(picked, hit.full_id, at, at)
    store.add_pick(asked, f"{record.id}#1", at, at)  # which it was not offered
    opinions = Feedback(store.path, at.timestamp)
    for question_id, query in ((hit.id, "转债什么时候下修？"), (f"{record.id}#7", "")):
        opinions.keep(
            asked, question_id, query, helpful=False, reasons=["内容不完整"], words="没说\n价格"
        )
    (group, forgotten) = json.loads(loaded("misses", "--json").stdout)
    assert (group["count"], group["offered"], group["unhelpful"]) == (2, 1, 1)
    assert group["picked"] == [{"what": hit.full_id, "count": 1}]
    assert forgotten["texts"] == [f"{record.id}#7"]
    assert loaded("misses").stdout.splitlines()[:5] == [
        "2次（列出相近1，未找到0，没用1）最近2026-11-24  转债什么时候下修？",
        "    转债什么时候下修",
        f"    别人选了：{hit.full_id}（1次）",
        f"    认为没用的答复：{hit.id}（1次）",
        "    原因：内容不完整（1次）",
    ]
    assert "    留言：没说 价格" in loaded("misses").stdout


@pytest.mark.parametrize(("days", "ok"), [(-90, True), (-30, None), (30, False)])
def test_the_doctor_hears_of_the_end_of_the_holidays(tmp_path, days, ok):
    from bot.config import load_settings
    from bot.digest.checks import checks
    from bot.digest.trading_days import TradingDays
    from bot.store import Store

    end = TradingDays().end
    now = f"{end + timedelta(days)}T09:00+08:00"
    settings = load_settings({"IR_NOW": now}, tmp_path)
    (found,) = checks(settings, Store(settings.db))
    assert found.ok is ok
    assert str(end) in found.said


def test_eval_scores_a_query_file_and_keeps_the_run(loaded, tmp_path):
    lines = ["可转债\t300253/2025-2#24", "关税\t300253/2025-002#24", "今天上海天气怎么样\t-"]
    (tmp_path / "q.tsv").write_text("\n".join(lines), encoding="utf-8")
    done = loaded("eval", "q.tsv", "--json", "--run", "run.tsv", "--plot", "plot.svg")
    numbers = json.loads(done.stdout)
    assert (numbers["in-scope queries"], numbers["out-of-scope queries"]) == (2, 1)
    assert numbers["out-of-scope declined"] == 1.0
    header, *run = (tmp_path / "run.tsv").read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == ["query", "confidence", "ids", "band", "ms"]
    asked = loaded("ask", "--file", "-", "--json", stdin="可转债\n关税\n今天上海天气怎么样\n")
    replies = [json.loads(line) for line in asked.stdout.splitlines()]
    for line, reply in zip(run, replies, strict=True):
        query, confidence, ids, band, _ = line.split("\t")
        assert (query, band) == (reply["query"], reply["band"])
        if band == "answer":
            assert ids.split(",")[0] == reply["answers"][0]["id"]
            assert float(confidence) == pytest.approx(reply["confidence"], abs=0.0001)
    assert (tmp_path / "plot.svg").read_text(encoding="utf-8").startswith("<svg")


def test_eval_says_what_keeps_it_from_measuring(irbot, imported, tmp_path):
    (tmp_path / "q.tsv").write_text("可转债\t300253/2025-002#99\n", encoding="utf-8")
    none = irbot("eval", "q.tsv")
    assert (none.returncode, none.stdout) == (1, "")
    assert "没有数据库文件" in none.stderr
    imported.copy(tmp_path / "data/irbot.db")
    assert "300253/2025-2#99" in irbot("eval", "q.tsv").stderr
