"""A bare Bolt bot that repeats what it hears: what the load of `slack_load` is measured beside."""

from __future__ import annotations

import os

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient


def main() -> None:
    client = WebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
    app = App(client=client)

    @app.event("app_mention")
    def echo(event, say):
        say(text=event["text"], thread_ts=event.get("thread_ts") or event["ts"])

    @app.command("/ir")
    def command(ack, body):
        ack(body["text"])

    SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start()


if __name__ == "__main__":
    main()
