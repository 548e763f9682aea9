"""`irbot doctor` against the fakes: what is injected is named, with the next step."""

from __future__ import annotations

import http.server
import json
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, closing, suppress

import pytest

from bot.config import examine_settings
from bot.store import Store
from bot.store.connection import Database, connect
from handlers.doctor import checks, hosts
from handlers.network import explained
from tests.fakes.authority import Authority
from tests.fakes.proxy import FakeProxy
from tests.fakes.slack import FakeSlack
from tests.fakes.wecom_kf import KF_SECRET, FakeKf
from tests.fakes.wecom_server import KEY, TOKEN

pytestmark = pytest.mark.usefixtures("no_proxy")


@pytest.fixture
def no_proxy(monkeypatch):
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("no_proxy", raising=False)


@pytest.fixture
def ending():
    with ExitStack() as stack:
        yield stack


def found(folder, **env):
    """What the doctor finds with these settings."""
    (folder / ".env").touch(0o600)
    settings, faults = examine_settings({"IR_DB": "irbot.db", **env}, folder)
    return list(checks(settings, faults))


def lines(findings, ok=(False,)):
    """Faults as they are printed."""
    return [f"{item.what}：{item.said} → {item.todo}" for item in findings if item.ok in ok]


def named(said, expected):
    """See that each is named in a line of its own, with a next step; returns the others."""
    rest = list(said)
    for words in expected:
        line = next((line for line in rest if all(word in line for word in words)), None)
        assert line, f"{words} not in\n" + "\n".join(rest)
        rest.remove(line)
    return rest


# All that is wrong before anything is talked to


def test_the_doctor_names_each_of_many_wrong_settings(irbot, tmp_path):
    (tmp_path / ".env").write_text(
        "SLACK_BOT_TOKEN=xoxb-secret\n"
        "WECOM_BOT_ID=aib-1\n"
        "WECOM_AGENT_SECRET=secret-of-app\n"
        "WECOM_BOT_TOKEN=secret-of-bot\n"
        "WECOM_KF_SECRET=secret-of-kf\n"
        "WECOM_WEBHOOKS=https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=\n"
        "IR_CONTACT=“证券部”\n"
        "IR_LANG：en\n"
        "IR_STALE_DAYS=30\nIR_STALE_DAYS=soon\n"
        "IR_DIGEST_LATE_HOUR=3\n"
        "HTTPS_PROXY=http://name:password@127.0.0.1:9\n"
        "SSL_CERT_FILE=absent.pem\n",
        encoding="utf-8",
    )
    (tmp_path / ".env").chmod(0o644)
    env = {"IR_TZ": "Mars", "SLACK_APP_TOKN": "xapp-secret", "IR_CALLBACK_HTTP": "8301"}
    done = irbot("doctor", **env)
    assert done.returncode == 1
    assert done.stderr == ""
    printed = done.stdout.splitlines()
    assert all(line.startswith(("好 ", "注意 ", "坏 ")) for line in printed)
    assert not [secret for secret in ("secret", "password") if secret in done.stdout]
    faults = [line for line in printed if line.startswith("坏 ")]
    named(
        faults,
        [
            ("设置：", "IR_TZ", "Asia/Shanghai"),
            ("设置：", "IR_STALE_DAYS", "90"),
            ("设置：", "IR_CALLBACK_HTTP", "主机:端口"),
            (".env 权限", "644", "chmod 600"),
            ("数据库", "还没有", "irbot import"),
            ("代理", "127.0.0.1:9", "HTTPS_PROXY"),
            ("证书文件", "absent.pem", "SSL_CERT_FILE"),
            ("网络 slack.com", "连不上代理 127.0.0.1:9"),
            ("网络 qyapi.weixin.qq.com", "连不上代理 127.0.0.1:9"),
            ("网络 openws.work.weixin.qq.com", "连不上代理 127.0.0.1:9"),
            ("Slack 令牌类型", "SLACK_APP_TOKEN"),
            ("企业微信凭证", "WECOM_BOT_SECRET"),
            ("企业微信智能机器人的回调", "WECOM_BOT_ENCODING_AES_KEY"),
            ("企业微信自建应用", "WECOM_CORP_ID"),
            ("微信客服", "WECOM_KF_OPEN_ID"),
            ("企业微信群机器人", "WECOM_WEBHOOKS", "第1个"),
        ],
    )
    named(
        [line for line in printed if line.startswith("注意 ")],
        [
            ("第7行", "IR_CONTACT", "引号是全角的"),
            ("第8行", "不合写法"),
            ("第10行", "IR_STALE_DAYS", "前面已经设过"),
            ("IR_DIGEST_LATE_HOUR", "是不是 IR_DIGEST_LATE_HOURS？"),
            ("SLACK_APP_TOKN", "是不是 SLACK_APP_TOKEN？"),
        ],
    )
    told = irbot("doctor", "--json", **env)
    assert told.returncode == 1
    as_json = json.loads(told.stdout)
    assert [item["ok"] for item in as_json] == [
        {"好": True, "坏": False, "注意": None}[line.split()[0]] for line in printed
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("IR_CONTACT=证券部".encode("gbk"), "可能是 GBK"),
        ("IR_CONTACT=证券部".encode("utf-16"), "UTF-16"),
    ],
)
def test_an_env_file_that_cannot_be_read_is_one_finding_of_many(irbot, tmp_path, content, said):
    (tmp_path / ".env").write_bytes(content)
    done = irbot("doctor")
    assert done.returncode == 1
    assert f"坏 设置：{tmp_path}/.env " in done.stdout.splitlines()[0]
    assert said in done.stdout.splitlines()[0]
    assert "磁盘：" in done.stdout


# What is refused, by whom, and what does not find the way in


@pytest.fixture
def other_program(ending):
    """An address on which something else answers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.end_headers()
            self.wfile.write(b"nginx")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ending.callback(server.server_close)
    ending.callback(server.shutdown)
    return f"127.0.0.1:{server.server_port}"


def test_the_doctor_names_each_fault_of_platforms_files_and_callbacks(
    store, tmp_path, ending, other_program
):
    slack, kf = ending.enter_context(FakeSlack()), ending.enter_context(FakeKf())
    slack.scopes, slack.ahead_s, slack.other_sockets = "app_mentions:read,chat:write", 600.0, 2
    with store.database.transaction() as db:
        for key, state in (("a", "unknown"), ("b", "failed")):
            db.execute(
                "INSERT INTO outbox (key, platform, workspace, channel, address, payload, state, "
                "tries, due, at, ref) VALUES (?, 'wecom', 'W', '会话9', '{}', '{}', ?, 1, 0, 2e9, "
                "'86008')",
                (key, state),
            )
    store.database.close()
    (tmp_path / "irbot.db").chmod(0o644)
    (tmp_path / "desk.key").write_bytes(b"0" * 32)
    (tmp_path / "desk.key").chmod(0o640)
    (tmp_path / "lexicon.toml").write_text("x", encoding="utf-8")
    (tmp_path / "holidays.txt").write_text("x", encoding="utf-8")
    tmp_path.chmod(0o777)
    env = {
        **slack.env,
        **kf.env,
        "WECOM_BOT_TOKEN": TOKEN,
        "WECOM_BOT_ENCODING_AES_KEY": KEY,
        "WECOM_AGENT_ID": "1000002",
        "WECOM_AGENT_SECRET": "another",
        "WECOM_TOKEN": TOKEN,
        "WECOM_ENCODING_AES_KEY": KEY,
        "WECOM_KF_OPEN_ID": "wkother",
        "IR_CALLBACK_HTTP": other_program,
        "IR_CALLBACK_URL": f"http://{other_program}",
        "IR_HTTP": "0.0.0.0:8300",
        "IR_NOW": "2090-01-01T09:00:00+08:00",
    }
    said = found(tmp_path, **env)
    named(
        lines(said),
        [
            ("目录权限", "777", "chmod go-w"),
            ("词表", "lexicon.toml"),
            ("时钟", "早于库中最近一条消息", "NTP"),
            ("节假日表", "之后按周一至周五算交易日", "升级"),
            ("时钟比对", "本机比 127.0.0.1 慢 ", "NTP"),
            ("Slack 权限", "im:history", "重新安装"),
            ("Slack 连接数", "2 个", "只留一处"),
            ("企业微信自建应用的接口", "40001", "Secret"),
            ("客服账号 wkother", "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q", "WECOM_KF_OPEN_ID"),
            ("回调的监听", "被其他程序占用", "IR_CALLBACK_HTTP"),
            ("回调 /wecom/bot", "应答 404", "反向代理"),
            ("回调 /wecom/callback", "应答 404", "反向代理"),
            ("回调 /wecom/kf", "应答 404", "反向代理"),
        ],
    )
    named(
        lines(said, (None,)),
        [
            ("文件权限", "irbot.db", "644", "600"),
            ("文件权限", "desk.key", "640", "600"),
            ("下落不明的答复", "会话9", "重新提问"),
            ("被拒的答复", "86008"),
            ("监听范围", "IR_HTTP=0.0.0.0:8300", "127.0.0.1"),
            ("企业微信机器人显示名", "WECOM_BOT_NAMES"),
            ("对外的域名", "127.0.0.1", "公网"),
            ("对外的域名", "http://", "https://"),
        ],
    )
    told = str(said)
    assert not [secret for secret in ("xoxb-1", "xapp-1", KF_SECRET, TOKEN, KEY) if secret in told]


def test_callbacks_that_find_the_way_in_are_told(tmp_path, store, ending):
    from handlers.web.app import WebServer, callback_app, callback_server, web_app
    from handlers.wecom_kf.app import KfChat
    from tests.conftest import open_by_words

    kf = ending.enter_context(FakeKf())
    settings, _ = examine_settings({**kf.env, "IR_DB": "irbot.db"}, tmp_path)
    bot = open_by_words(settings)
    callbacks = callback_app(lambda: {"chats": {}})
    KfChat(settings, bot.responder, bot.delivery).mount(callbacks)
    server = callback_server(callbacks, "127.0.0.1:0")
    server.start()
    ending.callback(server.stop)
    address = f"127.0.0.1:{server.port}"
    said = found(tmp_path, **kf.env, IR_CALLBACK_HTTP=address, IR_CALLBACK_URL=f"http://{address}")
    ways = {item.what: item.ok for item in said}
    assert (ways["回调的监听"], ways["回调 /wecom/kf"]) == (True, True)
    pages = web_app(bot, lambda: {"chats": {}})
    local = WebServer(pages, "127.0.0.1:0")
    local.start()
    ending.callback(local.stop)
    site = f"127.0.0.1:{local.port}"
    said = found(tmp_path, IR_HTTP=site, IR_PUBLIC_URL=f"http://{site}")
    assert {item.what: item.ok for item in said}["网页"] is True
    (wrong,) = [
        item
        for item in found(tmp_path, IR_HTTP=site, IR_PUBLIC_URL=f"http://{address}")
        if item.what == "网页"
    ]
    assert (wrong.ok, "应答 404" in wrong.said) == (False, True)
    silent = found(tmp_path, **kf.env, IR_CALLBACK_HTTP="127.0.0.1:9")
    ways = {item.what: item for item in silent}
    assert (ways["回调的监听"].ok, ways["回调 /wecom/kf"].ok) == (None, None)
    assert "IR_CALLBACK_URL" in ways["回调 /wecom/kf"].todo


# The database


def altered(db):
    database = Database.open(db)
    with database.transaction() as connection:
        connection.execute("UPDATE questions SET answer = answer || '。' WHERE number = 7")
    database.close()


def damaged(db):
    connect(db).conn.close()
    content = bytearray(db.read_bytes())
    for at in range(5 * 4096, len(content), 3 * 4096):
        content[at : at + 64] = b"\xff" * 64
    db.write_bytes(content)


def newer(db):
    connection = connect(db).conn
    connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('irbot', 'later', '2099-01-01')"
    )
    connection.close()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (damaged, ("数据库", "备份恢复")),
        (altered, ("原文核对", "300253/2025-002", "第7问", "irbot import --again")),
        (newer, ("更新版本", "升级")),
        (lambda db: db.write_bytes(b"no database" * 100), ("不是 SQLite 数据库", "IR_DB")),
        (lambda db: Store(db).withdraw("300253/2025-002", "test", "test"), ("都不在答复里",)),
    ],
)
def test_what_is_wrong_with_the_database_is_named(store, tmp_path, harm, words):
    store.database.make_single()
    harm(store.path)
    named(lines(found(tmp_path)), [words])


def test_a_database_that_is_held_by_another_process_is_named(store, tmp_path, monkeypatch):
    held = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "db.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    monkeypatch.setattr("bot.store.sqlite.BUSY_TIMEOUT_S", 0.2)
    pipe = subprocess.PIPE
    arguments = [sys.executable, "-c", held, store.path]
    store.database.close()
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe) as holding:
        assert holding.stdout
        assert holding.stdout.readline() == b"held\n"
        named(lines(found(tmp_path)), [("数据库", "正被其他程序长时间占用")])
        assert holding.stdin
        holding.stdin.close()
    assert not [line for line in lines(found(tmp_path)) if "占用" in line]


def test_a_disk_without_room_is_named(small):
    store = Store(small / "irbot.db")
    store.database.close()
    with (small / "rest").open("wb", buffering=0) as rest, suppress(OSError):
        while rest.write(b"0" * 4096):
            pass
    named(lines(found(small)), [("磁盘", "剩余 0.0 GB", "腾出空间")])


# The ways out


@pytest.fixture
def tls(ending, tmp_path, monkeypatch):
    """Start a server behind TLS; returns its port. The authority is the one that is trusted."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setattr(hosts, "_TIMEOUT_S", 0.5)

    def start(context):
        listening = ending.enter_context(socket.create_server(("127.0.0.1", 0)))

        def answer():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with closing(connection):
                    answer_one(connection)

        def answer_one(connection):
            with (
                suppress(OSError),  # it does not trust us
                context.wrap_socket(connection, server_side=True) as wrapped,
            ):
                wrapped.recv(4096)
                wrapped.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        return listening.getsockname()[1]

    return authority, start


def fault(url):
    """What the doctor says is wrong on the way to an address."""
    trouble = hosts.reach(url).trouble
    return trouble and explained(trouble, url, hosts._TIMEOUT_S)[0]


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ({}, None),
        ({"begins": -30, "ends": -1}, "证书已过期"),
        ({"begins": 1}, "证书还没有生效"),
        ({"name": "elsewhere.example"}, "证书不是 localhost 的"),
        ({"authority": "another"}, "证书不受信任"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_named(tls, tmp_path, certificate, said):
    authority, start = tls
    if certificate.pop("authority", None):
        authority = Authority(tmp_path, "another")
    url = f"https://localhost:{start(authority.context(**certificate))}/"
    assert fault(url) == said


@pytest.mark.parametrize(("days", "ok"), [(5.5, None), (60.5, True)])
def test_a_certificate_of_our_own_that_ends_soon_is_named(tls, tmp_path, days, ok):
    authority, start = tls
    origin = f"https://localhost:{start(authority.context(ends=days))}"
    (said,) = [item for item in found(tmp_path, IR_PUBLIC_URL=origin) if item.what == "对外的证书"]
    assert (said.ok, f"还有 {int(days)} 天" in said.said, bool(said.todo)) == (ok, True, ok is None)


def test_each_way_to_fail_on_the_way_has_a_name(tls, ending, monkeypatch):
    authority, start = tls
    silent = ending.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
    plain = ending.enter_context(FakeKf()).url.rpartition(":")[2]
    said = map(
        fault,
        (
            f"https://127.0.0.1:{silent}/",
            f"https://127.0.0.1:{plain}/",
            "https://127.0.0.1:9/",
            "https://no-such-host.invalid/",
        ),
    )
    assert list(said) == [
        "0.5 秒内没有应答",
        "对方不按 TLS 应答",
        "连不上（ConnectionRefusedError）",
        "查不到主机名 no-such-host.invalid",
    ]
    monkeypatch.setenv("NO_PROXY", "")
    proxy = ending.enter_context(FakeProxy())
    monkeypatch.setenv("HTTPS_PROXY", f"http://name:password@{proxy.address}")
    url = f"https://localhost:{start(authority.context())}/"
    through = []
    for status in (200, 407, 403):
        proxy.status = status
        through.append(fault(url))
    proxy.stop()
    through.append(fault(url))
    assert through == [
        None,
        f"代理 {proxy.address} 要求用户名和密码（407）",
        f"代理 {proxy.address} 不转发（403）",
        f"连不上代理 {proxy.address}（ConnectionRefusedError）",
    ]
    assert proxy.asked == [url.removeprefix("https://").rstrip("/")] * 3


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "读不了"), ("no PEM", "没有可用的 PEM 证书"), ("old", "都已过期"), ("good", "")],
)
def test_a_file_of_certificates_that_is_of_no_use_is_named(tmp_path, content, said):
    file = tmp_path / "ca.pem"
    if content == "old":
        file = Authority(tmp_path, "old", lasts=-1).file
    elif content == "good":
        file = Authority(tmp_path).file
    elif content:
        file.write_text(content)
    faults = lines(found(tmp_path, SSL_CERT_FILE=str(file)))
    assert bool([line for line in faults if line.startswith("证书文件")]) is bool(said)
    assert said in "".join(faults)


@pytest.mark.parametrize(
    "given",
    ["http//10.0.0.1:3128", "10.0.0.1", "socks9://10.0.0.1:1", "http://[::1", "http://a:0x1"],
)
def test_a_proxy_that_is_no_address_is_named(tmp_path, given, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", given)
    slack = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    said = found(tmp_path, HTTPS_PROXY=given, SLACK_API_URL="https://127.0.0.1:9/", **slack)
    assert "代理：HTTPS_PROXY 看不懂" in "".join(lines(said))


def test_a_proxy_whose_name_cannot_be_looked_up_is_named(tmp_path):
    said = "".join(lines(found(tmp_path, HTTPS_PROXY="http://proxy..example:3128")))
    assert "代理：连不上 proxy..example:3128（UnicodeError）" in said


@pytest.mark.parametrize(
    ("host", "port"), [("a..b", 80), ("a" * 64 + ".com", 80), ("a", 99999), ("[1::2::g]", 80)]
)
def test_an_address_that_nothing_can_connect_to_is_named_by_its_variable(tmp_path, host, port):
    url = f"https://{host}:{port}"
    given = {"IR_PUBLIC_URL": url, "IR_CALLBACK_URL": url, "IR_READER_URL": f"{url}/v1"}
    given |= {"IR_HTTP": f"{host}:{port}", "IR_CALLBACK_HTTP": f"{host}:{port}"}
    said = "".join(lines(found(tmp_path, **given)))
    assert [name for name in given if f"设置：{name} 应为" not in said] == []


@pytest.mark.parametrize("url", ["wss://[::1", "wss://", "nonsense", "https://a:99999999"])
def test_an_address_that_is_none_is_named_by_its_variable(tmp_path, url):
    said = lines(
        found(
            tmp_path,
            WECOM_BOT_ID="aib-1",
            WECOM_BOT_SECRET="s",
            WECOM_WS_URL=url,
            WECOM_WEBHOOKS=f"{url}/send?key=0123456789",
        )
    )
    named(said, [("企业微信凭证", "WECOM_WS_URL"), ("企业微信群机器人", "WECOM_WEBHOOKS")])


def test_looking_makes_no_database(tmp_path):
    found(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_the_sample_alone_is_well(irbot, store):
    store.database.close()
    done = irbot("doctor", IR_DB="irbot.db")
    assert done.returncode == 0, done.stdout
    assert "坏" not in done.stdout
