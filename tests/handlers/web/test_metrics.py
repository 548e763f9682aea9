"""The numbers, in the form that Prometheus reads, to this machine alone."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.config import Settings
from handlers.web.app import web_app
from tests.conftest import open_by_words


@pytest.fixture
def client(store):
    bot = open_by_words(Settings(store.path, public_url="https://ir.example.com"))
    counters = bot.delivery.counters
    for name in ("asked", "asked", "answered", "sent", "retries", "late"):
        counters.count(name)

    def health():
        return {
            "live": True,
            "chats": {"slack": "connected", "wecom": "connecting"},
            "records": 1,
            "oldest_undelivered_s": 2.5,
            "counters": counters.all(),
        }

    return web_app(bot, health).test_client()


def test_the_numbers_are_told_by_the_conventions_of_prometheus(client, store):
    index = store.path.with_name(f"{store.path.name}-index")
    index.mkdir()
    (index / "1.segment").write_bytes(bytes(50_000_000))
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=")
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    for name, value in {
        ("irbot_chat_connected", "slack"): 1,
        ("irbot_chat_connected", "wecom"): 0,
        ("irbot_records",): 1,
        ("irbot_oldest_undelivered_seconds",): 2.5,
        ("irbot_questions_total",): 2,
        ("irbot_replies_total", "answered"): 1,
        ("irbot_replies_total", "declined"): 0,
        ("irbot_posts_total", "sent"): 1,
        ("irbot_posts_total", "late"): 1,
        ("irbot_post_retries_total",): 1,
    }.items():
        assert values[name] == value
    assert values[("irbot_store_size_bytes",)] > 50_000_000
    assert values[("irbot_disk_free_bytes",)] > 0
    assert values[("process_cpu_seconds_total",)] > 0


@pytest.mark.parametrize(
    ("host", "asker"),
    [("localhost", "10.0.0.9"), ("ir.example.com", "127.0.0.1"), ("ir.example.com", "203.0.113.7")],
)
def test_others_than_this_machine_learn_no_number(client, host, asker):
    given = {"headers": {"Host": host}, "environ_base": {"REMOTE_ADDR": asker}}
    assert client.get("/metrics", **given).status_code == 404
    assert client.get("/healthz", **given).json == {"live": False}
    assert client.get("/healthz").json["records"] == 1
