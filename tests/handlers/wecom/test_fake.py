"""The fake gateway, proven with the vendor's own client: it is not only our reading of documents.

Needs node and npm; without them it is skipped, except under CI=true, where that is a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

import pytest

from tests.fakes.wecom import BOT, SECRET, FakeWecom
from tests.waiting import PATIENCE_S

SDK = "@wecom/aibot-node-sdk@1.0.7"

# Answers every kind of callback by the SDK's own methods and says what the gateway said to it.
CLIENT = """
const { WSClient } = require('@wecom/aibot-node-sdk');
const say = (what, more) => console.log(JSON.stringify({ what, ...more }));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const client = new WSClient({
  botId: process.argv[2], secret: process.argv[3], wsUrl: process.argv[4],
  heartbeatInterval: 300, reconnectInterval: 100, maxAuthFailureAttempts: 1, logger: quiet,
});
const acked = (what) => [
  (ack) => say(what, { errcode: ack.errcode, req_id: ack.headers.req_id }),
  (error) => say(what, { errcode: error.errcode ?? String(error) }),
];
client.on('authenticated', () => say('authenticated'));
client.on('disconnected', (reason) => say('disconnected', { reason }));
client.on('error', (error) => say('error', { message: error.message }));
client.on('event.disconnected_event', () => say('kicked'));
client.on('message.text', async (frame) => {
  say('text', { content: frame.body.text.content, chat: frame.body.chatid ?? null });
  const body = { msgtype: 'markdown', markdown: { content: '答复', feedback: { id: 'fb-1' } } };
  await client.reply(frame, body).then(...acked('markdown'));
  await client.replyStream(frame, 's-1', '一', false).then(...acked('stream'));
  await client.replyStream(frame, 's-1', '一二', true).then(...acked('stream'));
  const long = { msgtype: 'markdown', markdown: { content: '长'.repeat(6827) } };
  await client.reply(frame, long).then(...acked('too long'));
  await client.replyTemplateCard(frame, {
    card_type: 'button_interaction', main_title: { title: '选择' }, task_id: 't-1',
    button_list: [{ text: 'A', key: 'k-1', style: 1 }],
  }).then(...acked('card'));
  const to = frame.body.chatid ?? frame.body.from.userid;
  await client.sendMessage(to, { msgtype: 'markdown', markdown: { content: '推送' } })
    .then(...acked('push'));
  await client.sendMessage('wrNEVER', { msgtype: 'markdown', markdown: { content: '推送' } })
    .then(...acked('push elsewhere'));
});
client.on('event.enter_chat', async (frame) => {
  const welcome = { msgtype: 'text', text: { content: '您好' } };
  await client.replyWelcome(frame, welcome).then(...acked('welcome'));
  const body = { msgtype: 'markdown', markdown: { content: '答复' } };
  await client.reply(frame, body).then(...acked('answer to an event'));
});
client.on('event.template_card_event', (frame) => {
  const { event_key, task_id } = frame.body.event.template_card_event;
  client.updateTemplateCard(frame, {
    card_type: 'text_notice', main_title: { title: event_key }, task_id,
    card_action: { type: 1, url: 'https://example.invalid' },
  }).then(...acked('update'));
});
client.on('event.feedback_event', (frame) =>
  say('feedback', { id: frame.body.event.feedback_event.id }));
client.connect();
process.stdin.on('end', () => { client.disconnect(); process.exit(0); }).resume();
"""


class Client:
    """The vendor's SDK in a process of its own."""

    def __init__(self, folder, url, secret=SECRET):
        self.process: Any = subprocess.Popen(
            ["node", "client.js", BOT, secret, url],
            cwd=folder,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self, what):
        """The next thing it says of that kind; fails by the test's time-out if there is none."""
        for line in self.process.stdout:
            said = json.loads(line)
            if said["what"] == what:
                return said
        raise AssertionError(f"the client ended without {what}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()


@pytest.fixture(scope="session")
def sdk(pytestconfig):
    """A folder with the SDK installed, kept between runs."""
    folder = pytestconfig.cache.mkdir(SDK.replace("/", "-").replace("@", "-").strip("-"))
    if not (folder / "node_modules/@wecom/aibot-node-sdk/package.json").exists():
        problem = _install(folder)
        if problem and os.environ.get("CI") == "true":
            pytest.fail(f"the vendor's SDK is needed under CI: {problem}")
        if problem:
            pytest.skip(problem)
    (folder / "client.js").write_text(CLIENT)
    return folder


def _install(folder):
    """Why it could not be installed, or nothing."""
    npm = shutil.which("npm")
    if not (npm and shutil.which("node")):
        return "node and npm are not installed"
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", SDK],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return "" if done.returncode == 0 else f"npm install failed: {done.stderr[-300:]}"


@pytest.fixture
def gateway():
    with FakeWecom() as fake:
        yield fake


def test_the_vendors_client_subscribes_pings_and_answers(sdk, gateway):
    with Client(sdk, gateway.url) as client:
        client.hear("authenticated")
        gateway.mention("你好", chat="wrA")
        assert client.hear("text") == {"what": "text", "content": "@投关小助手 你好", "chat": "wrA"}
        for what, errcode in [
            ("markdown", 0),
            ("stream", 0),
            ("stream", 0),
            ("too long", 40058),
            ("card", 0),
            ("push", 0),
            ("push elsewhere", 93006),
        ]:
            assert client.hear(what)["errcode"] == errcode
        gateway.until(lambda: len(gateway.pings) >= 3)  # it hangs up where a ping is not answered
        assert client.process.poll() is None
    contents = [post["content"] for post in gateway.posts]
    assert contents == ["答复", "一二", None, "推送"]
    assert gateway.posts[0]["feedback"] == "fb-1"


def test_the_vendors_client_answers_events_within_their_window(sdk, gateway):
    with Client(sdk, gateway.url) as client:
        client.hear("authenticated")
        gateway.enter()
        assert client.hear("welcome")["errcode"] == 0
        assert client.hear("answer to an event")["errcode"] == 846605
        card = {
            "card_type": "button_interaction",
            "task_id": "t-1",
            "button_list": [{"text": "A", "key": "k-1"}],
        }
        gateway.press({"card": card, "chat": "wrA"}, "A")
        assert client.hear("update")["errcode"] == 0
        assert gateway.updates[0]["template_card"]["main_title"]["title"] == "k-1"
        gateway.judge({"feedback": "fb-1", "chat": "zhangsan"}, 1)
        assert client.hear("feedback")["id"] == "fb-1"


def test_the_vendors_client_is_kicked_by_a_newer_one_and_refused_with_a_wrong_secret(sdk, gateway):
    with Client(sdk, gateway.url) as older:
        older.hear("authenticated")
        with Client(sdk, gateway.url) as newer:
            newer.hear("authenticated")
            older.hear("kicked")
            assert gateway.is_held
    with Client(sdk, gateway.url, "wrong") as client:
        assert "853000" in json.dumps(gateway.until(lambda: gateway.refused))
        client.hear("error")


def test_the_vendors_client_comes_back_after_a_clean_close_and_a_cut(sdk, gateway):
    with Client(sdk, gateway.url) as client:
        client.hear("authenticated")
        gateway.close_cleanly()
        client.hear("authenticated")
        gateway.cut()
        client.hear("authenticated")
        gateway.say("你好")
        assert client.hear("text")["chat"] is None
