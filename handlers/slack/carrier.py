"""Posts to Slack, and looks up a post whose fate is not known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.delivery import (
    Address,
    CannotTell,
    Found,
    Limited,
    NotThere,
    Outcome,
    Pace,
    Payload,
    Refused,
    Sent,
    Unknown,
)
from bot.message import Shown
from bot.words import Words
from handlers.slack import render

# chat.postMessage: one a second and channel, a few hundred a minute and workspace.
PACE = Pace(per_channel=((1, 1.0),), per_workspace=((250, 60.0),))

_EVENT_TYPE = "irbot_reply"
_PAGES = 5
_TEMPORARY = {
    "fatal_error",
    "internal_error",
    "ratelimited",
    "request_timeout",
    "service_unavailable",
}
_MAY_BE_THERE = {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}


class SlackCarrier:
    """Web API for posts, response URLs for what only the asker sees."""

    pace = PACE

    def __init__(self, client: WebClient, words: Words) -> None:
        self._client = client
        self._words = words

    def render(self, shown: Shown, address: Address) -> list[Payload]:
        payloads = render.messages(shown, self._words, str(address.get("query", "")))
        if user := address.get("shared_by"):
            payloads[0]["blocks"].insert(0, render.shared_by(user, self._words))
            return [{"response_type": "in_channel", **payload} for payload in payloads]
        if "respond" in address:
            return [{"response_type": "ephemeral", **payload} for payload in payloads]
        return payloads

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        if "respond" in address:
            return self._respond(payload, address["respond"])
        try:
            if "home" in address:
                self._client.views_publish(user_id=address["home"], view=payload["view"])
                return Sent("home")
            answer = self._client.chat_postMessage(
                channel=address["channel"],
                thread_ts=address.get("thread_ts"),
                text=payload["text"],
                blocks=payload["blocks"],
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": _EVENT_TYPE, "event_payload": {"key": key}},
            )
        except SlackApiError as error:
            return _outcome(error)
        except Exception as error:  # time-out, cut connection, an answer that is no JSON
            return Unknown(type(error).__name__)
        return Sent(str(answer.get("ts", "")))

    def find(self, payload: Payload, address: Address, key: str) -> Found:
        if "home" in address:
            return NotThere()  # publishing the same view again changes nothing
        if "respond" in address:
            return CannotTell()
        for message in self._recent(address):
            metadata = message.get("metadata") or {}
            if (metadata.get("event_payload") or {}).get("key") == key:
                return Sent(str(message.get("ts", "")))
        return NotThere()

    def _recent(self, address: Address) -> Iterator[dict[str, Any]]:
        """The thread's messages, or the channel's newest; errors are raised: ask again later."""
        cursor = None
        for _ in range(_PAGES):
            if thread := address.get("thread_ts"):
                page = self._client.conversations_replies(
                    channel=address["channel"],
                    ts=thread,
                    include_all_metadata=True,
                    limit=200,
                    cursor=cursor,
                )
            else:
                page = self._client.conversations_history(
                    channel=address["channel"], include_all_metadata=True, limit=200, cursor=cursor
                )
            yield from page.get("messages") or []
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    def _respond(self, payload: Payload, url: str) -> Outcome:
        webhook = WebhookClient(
            url, timeout=self._client.timeout, proxy=self._client.proxy, retry_handlers=[]
        )
        try:
            answer = webhook.send_dict({"replace_original": False, **payload})
        except Exception as error:  # time-out, cut connection
            return Unknown(type(error).__name__)
        if answer.status_code == 429:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Limited(_seconds(headers.get("retry-after")))
        if answer.status_code >= 500:
            return Unknown(f"HTTP {answer.status_code}")
        if answer.status_code >= 400:
            return Refused(f"HTTP {answer.status_code}", permanent=True)
        return Sent("")


def _outcome(error: SlackApiError) -> Outcome:
    response = error.response
    code = str(response.get("error", "unknown")) if isinstance(response.data, dict) else "unknown"
    if response.status_code == 429 or code == "ratelimited":
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Limited(_seconds(headers.get("retry-after")))
    if response.status_code >= 500 or code in _MAY_BE_THERE:
        return Unknown(code)
    return Refused(code, permanent=code not in _TEMPORARY)


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or 1))
    except ValueError:
        return 1.0
