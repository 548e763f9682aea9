"""The database is away: whoever asks is told to come again, in a form that they read."""

from __future__ import annotations

import pytest

from bot.config import Settings
from bot.postgres_url import PostgresUrl
from handlers.web.app import callback_app, web_app
from tests.conftest import open_by_words


@pytest.fixture
def apps(cluster, tmp_path):
    """The pages and what callbacks have, over a database that is not there any more."""
    with cluster.database() as name:
        bot = open_by_words(Settings(PostgresUrl.parse(cluster.url(name), tmp_path)))

    def health():
        return {"live": True, "chats": {}, "records": len(bot.responder.records())}

    return web_app(bot, health), callback_app(health)


@pytest.mark.parametrize("path", ["/", "/ask?q=%E5%85%B3%E7%A8%8E", "/metrics", "/desk/enter/x"])
def test_a_page_says_to_come_again_and_the_log_why_in_a_line(apps, caplog, path):
    answer = apps[0].test_client().get(path)
    assert (answer.status_code, "数据库暂时无法使用" in answer.text) == (503, True)
    # The replicas of the tests before still look for their databases, and say so.
    pages = [record for record in caplog.records if record.name.startswith("handlers.web")]
    (told,) = [record for record in pages if record.levelname == "ERROR"]
    assert "没有这个数据库" in told.message
    assert told.exc_info is None


def test_what_asks_for_an_object_gets_one(apps):
    answer = apps[0].test_client().get("/index.json")
    assert (answer.status_code, list(answer.json)) == (503, ["error"])


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_an_engine_cannot_do_is_no_error_of_the_program(cluster, tmp_path, caplog, engine):
    with cluster.database() as name:
        place = tmp_path / "irbot.db"
        if engine == "postgres":
            place = PostgresUrl.parse(cluster.url(name), tmp_path)
        bot = open_by_words(Settings(place))
        client = web_app(bot, dict).test_client()
        bot.store.database.connection().execute("DROP TABLE generation")
        assert client.get("/").status_code == 503
        assert "无法使用" in caplog.text
        assert "Traceback" not in caplog.text


def test_an_error_of_the_program_is_one(store, caplog):
    app = web_app(open_by_words(Settings(store.path)), dict)
    assert app.test_client().get("/healthz").status_code == 500  # there are no chats in it
    assert "Traceback" in caplog.text


def test_a_check_of_health_learns_why_on_this_machine_alone(apps):
    pages, callbacks = (app.test_client().get("/healthz") for app in apps)
    assert (pages.status_code, callbacks.status_code) == (503, 503)
    assert pages.json["live"] is False
    assert "没有这个数据库" in pages.json["database"]
    assert callbacks.json == {"live": False}
