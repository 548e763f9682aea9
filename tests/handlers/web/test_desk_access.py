"""Who gets in to the desk, and who does not: nothing is changed by what is refused."""

from __future__ import annotations

import logging
import re
import stat
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import pytest
from flask.sessions import SecureCookieSessionInterface

from bot.store import LinkError
from bot.store.access import LINK_LASTS, SESSION_LASTS
from handlers.web.app import WebServer, callback_app
from handlers.web.desk.key import signing_key
from tests.handlers.web.desk import Desk
from tests.handlers.web.site import Page, Site, record

NOW = datetime.now(UTC)


@pytest.fixture
def desk(tmp_path):
    return Desk(Site(tmp_path))


def what_was_done(site):
    return [(change.who, change.what) for change in site.store.changes()]


def test_a_link_lets_one_person_in_once(desk):
    link = desk.invite("王芳")
    desk.sign_in(link)
    assert "王芳" in desk.get("/desk").text
    other = Desk(desk.site)
    assert "已经用过" in other.get(link, 403).text
    other.get("/desk", 403)
    assert what_was_done(desk.site) == [("管理员", "desk invite"), ("王芳", "desk sign-in")]


def test_a_link_that_is_only_looked_at_stays_unused(desk):
    link = desk.invite("王芳")
    for _ in range(3):
        assert "王芳" in Desk(desk.site).get(link).text
    desk.sign_in(link)


@pytest.mark.parametrize(
    ("at", "token", "said"),
    [
        (NOW - LINK_LASTS, None, "已过期"),
        (NOW, "x" * 43, "无效"),
        (NOW, "%00%ff", "无效"),
        (NOW, "'%20OR%201=1--", "无效"),
        (NOW, "x" * 10_000, "无效"),
    ],
)
def test_a_wrong_or_expired_link_lets_nobody_in(desk, at, token, said, caplog):
    own = desk.site.store.invite("王芳", "管理员", at)
    before = what_was_done(desk.site)
    caplog.set_level(logging.INFO)
    link = f"/desk/enter/{token or own}"
    csrf = desk.token(f"/desk/enter/{desk.site.store.invite('李明', '管理员', NOW)}")
    before += [("管理员", "desk invite")]
    assert said in desk.get(link, 403).text
    assert said in desk.post(link, 403, csrf_token=csrf).text
    desk.get("/desk", 403)
    assert what_was_done(desk.site) == before
    assert "refused: GET /desk/enter/<token>" in caplog.text
    assert own not in caplog.text


def test_links_and_sessions_are_kept_as_hashes(desk):
    link = desk.invite("王芳")
    token = link.rpartition("/")[2]
    desk.sign_in(link)
    with desk.client.session_transaction() as cookie:
        session = cookie["desk"]
    desk.site.store.database.write_back()
    kept = desk.site.settings.db.read_bytes()
    assert "王芳".encode() in kept
    assert token.encode() not in kept
    assert session.encode() not in kept


def test_a_session_ends_in_time_by_sign_out_and_with_its_user(desk):
    store = desk.site.store
    desk.sign_in(desk.invite("王芳"))
    elsewhere = Desk(desk.site)
    elsewhere.sign_in(elsewhere.invite("王芳"))
    cookie = desk.client.get_cookie("irbot_desk").value
    desk.post("/desk/leave", 303)
    desk.get("/desk", 403)
    desk.client.set_cookie("irbot_desk", cookie)  # kept by somebody
    assert "登录已失效" in desk.get("/desk", 403).text
    elsewhere.get("/desk")
    waiting = elsewhere.invite("王芳").rpartition("/")[2]
    store.remove_user("王芳", "管理员")
    elsewhere.get("/desk", 403)
    with pytest.raises(LinkError):
        store.sign_in(waiting, NOW)
    opened = store.sign_in(store.invite("李明", "管理员", NOW), NOW)
    assert store.signed_in(opened, NOW + SESSION_LASTS - timedelta(seconds=1)) == "李明"
    assert store.signed_in(opened, NOW + SESSION_LASTS) is None


def test_a_forged_cookie_opens_nothing(desk, caplog):
    desk.sign_in(desk.invite("王芳"))
    own = desk.client.get_cookie("irbot_desk").value
    with desk.client.session_transaction() as cookie:
        held = dict(cookie)
    app = desk.site.app
    key, app.secret_key = app.secret_key, b"another key of thirty-two bytes!"
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer
    other = signer.dumps(held)
    app.secret_key = key
    for forged in (other, own[:-2] + "xx", own.partition(".")[2], "x", "e30.e30.e30", ""):
        thief = Desk(desk.site)
        thief.client.set_cookie("irbot_desk", forged)
        thief.get("/desk", 403)
        thief.post("/desk/leave", 403)
        assert "工作台" not in thief.get("/").text
    assert caplog.text.count("desk, signed out") == 12
    desk.get("/desk")


def test_the_cookie_is_for_this_site_s_pages_alone(tmp_path):
    for public_url, is_secure in (("", False), ("https://ir.example.com", True)):
        desk = Desk(Site(tmp_path, public_url=public_url))
        link = desk.invite("王芳")
        answer = desk.post(link, 303, csrf_token=desk.token(link))
        (cookie,) = answer.headers.getlist("Set-Cookie")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert ("Secure" in cookie) is is_secure
        assert re.search(r"Expires=\w", cookie)


def test_the_key_is_its_owner_s_and_stays(desk, tmp_path):
    file = tmp_path / "desk.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_bytes()) == 32
    desk.sign_in(desk.invite("王芳"))
    again = Desk(Site(tmp_path))  # another start
    again.client.set_cookie("irbot_desk", desk.client.get_cookie("irbot_desk").value)
    assert "王芳" in again.get("/desk").text
    file.chmod(0o644)
    signing_key(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".desk")] == []


def test_a_post_from_elsewhere_changes_nothing(desk):
    desk.sign_in(desk.invite("王芳"))
    stranger = Desk(desk.site)
    stranger.sign_in(stranger.invite("李明"))
    for given in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": stranger.csrf}):
        answer = desk.client.post("/desk/leave", data=given)
        assert answer.status_code == 403
        assert "不是从本站的页面发出的" in answer.text
    desk.get("/desk")
    desk.client.get("/desk/leave")
    desk.get("/desk")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://localhost.evil.example"),
        ("Referer", "https://evil.example/localhost"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
)
def test_a_post_that_a_browser_says_is_from_elsewhere_changes_nothing(desk, name, value):
    desk.sign_in(desk.invite("王芳"))
    given = {"csrf_token": desk.csrf}  # however it came by the token
    assert desk.client.post("/desk/leave", data=given, headers={name: value}).status_code == 403
    desk.get("/desk")
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert desk.client.post("/desk/leave", data=given, headers=own).status_code == 303


def test_signing_in_takes_a_post_of_our_own_page(desk):
    link = desk.invite("王芳")
    assert desk.client.post(link).status_code == 403
    desk.sign_in(link)


def test_the_desk_is_named_to_its_users_alone_and_kept_by_no_cache(desk):
    desk.site.add(record())
    for url in ("/", "/r/600000/2025-001", "/none"):
        assert "/desk" not in desk.client.get(url).text
    desk.sign_in(desk.invite("王芳"))
    for url in ("/", "/r/600000/2025-001", "/none"):
        assert "/desk" in Page(desk.client.get(url).text).links
    answer = desk.get("/desk")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")


def test_the_desk_answers_to_the_site_s_names_alone_and_not_where_chats_call(desk):
    desk.sign_in(desk.invite("王芳"))
    assert desk.client.get("/desk", headers={"Host": "evil.example"}).status_code == 400
    callbacks = callback_app(lambda: {"chats": {}}).test_client()
    assert callbacks.get("/desk").status_code == 404
    assert callbacks.get("/desk/enter/x").status_code == 404


def test_a_field_of_a_megabyte_is_refused(desk):
    desk.sign_in(desk.invite("王芳"))
    huge = "x" * 1_000_000
    plain = f"csrf_token={desk.csrf}&x={huge}"
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    parts = part.format("csrf_token", desk.csrf) + part.format("x", huge) + "--b--\r\n"
    for kind, body in (
        ("application/x-www-form-urlencoded", plain),
        ("multipart/form-data; boundary=b", parts),
    ):
        answer = desk.client.post("/desk/leave", data=body, content_type=kind)
        assert answer.status_code == 413
        assert "太大" in answer.text
    desk.get("/desk")


def test_who_asks_without_end_is_told_to_wait(desk):
    statuses = [desk.client.get("/desk/enter/x").status_code for _ in range(40)]
    assert statuses.count(403) >= 20
    assert statuses[-1] == 429
    answer = desk.client.get("/desk/enter/x")
    assert "稍等" in answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    other = desk.client.get("/desk/enter/x", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert other.status_code == 403
    asked = [desk.client.get("/ask.json?q=帮助").status_code for _ in range(700)]
    assert (asked[0], asked[-1]) == (200, 429)
    assert desk.client.get("/").status_code == 200


def test_a_proxy_on_this_machine_says_who_asks(desk):
    server = WebServer(desk.site.app, "127.0.0.1:0")
    server.start()
    try:

        def status(said):
            connection = HTTPConnection("127.0.0.1", server.port)
            connection.request("GET", "/desk/enter/x", headers={"X-Forwarded-For": said})
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status

        # What a visitor claims stands before what the proxy adds.
        assert [status(f"198.51.100.{n}, 192.0.2.1") for n in range(40)][-1] == 429
        assert status("192.0.2.1, 192.0.2.2") == 403
    finally:
        server.stop()


def test_the_command_prints_a_link_that_works(irbot, tmp_path):
    done = irbot("desk", "invite", "王芳", IR_HTTP="0.0.0.0:8301")
    address, _, path = done.stdout.strip().partition("/desk")
    assert address == "http://127.0.0.1:8301"
    told = irbot("desk", "invite", "李 明", IR_PUBLIC_URL="https://ir.example.com")
    assert told.stdout.startswith("https://ir.example.com/desk/enter/")
    desk = Desk(Site(tmp_path / "data"))
    desk.sign_in("/desk" + path)
    listed = irbot("desk", "users").stdout
    assert re.search(r"王芳 .*登录中1处，未用的链接0个", listed)
    assert re.search(r"李 明 .*登录中0处，未用的链接1个", listed)
    assert irbot("desk", "remove", "王芳").returncode == 0
    desk.get("/desk", 403)
    assert irbot("desk", "invite", "王芳", IR_HTTP="").returncode == 1


@pytest.mark.parametrize("name", ["", " \n", "a\x1bb", "长" * 41, "a\u202eb"])
def test_a_name_is_one_that_can_be_read(desk, name):
    with pytest.raises(Exception, match="名字应为"):
        desk.site.store.invite(name, "管理员", NOW)
    assert list(desk.site.store.users(NOW)) == []
