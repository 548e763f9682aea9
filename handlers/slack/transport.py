"""Posts to Slack, and looks up a post whose fate is not known."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.delivery.rate_limits import RateLimits
from bot.delivery.transport import (
    BELOW,
    CHANGED,
    CHANGES,
    START,
    START_UNREAD,
    Address,
    CannotCheck,
    Found,
    Loss,
    NotPosted,
    Outcome,
    Payload,
    RateLimited,
    Reachability,
    Redirected,
    Refused,
    Sent,
    Suspended,
    Unconfirmed,
)
from bot.message import Chat, ReplyView
from bot.wording.presentation import Words
from handlers.network import trouble_of
from handlers.slack import render
from handlers.slack.errors import (
    BAD_BLOCKS,
    FOR_GOOD,
    MAY_BE_DONE,
    NO_CHANGE,
    NO_PLACE,
    NO_THREAD,
    NO_WORDS,
    PASSING,
    code_of,
    loss_of,
    retry_after_s,
    seconds,
)
from handlers.slack.reading import read

log = logging.getLogger(__name__)

TEAM = "team"  # in an address: the workspace
_CHANNEL = re.compile(r"[CG][A-Z0-9]+")
_EVENT_TYPE = "irbot_reply"
_PAGES = 20
SUSPENDED_S = 300.0  # between two tries with credentials that Slack refuses
_LOOK_S = 2  # for a channel's membership, while somebody waits for `/ir subscribe`
_LATE_S = 10.0  # a call that timed out may still be made so long after


def rate_limits(posts_a_minute: int) -> RateLimits:
    """chat.postMessage: one a second and channel, some hundreds a minute and workspace.

    Args:
        posts_a_minute: Of the workspace; 0: no limit of our own.
    """
    workspace = ((posts_a_minute, 60.0),) if posts_a_minute else ()
    # A thousand digests at once take under five minutes and leave room for what is asked then.
    return RateLimits(
        per_channel=((1, 1.0),),
        per_workspace=workspace,
        background=((4, 1.0), (225, 60.0)),
        beside=((min(240, posts_a_minute or 240), 60.0),),
    )


class SlackTransport:
    """Web API for posts, response URLs for what only the asker sees."""

    is_ready = True  # posts go over HTTP, whatever the socket does

    def __init__(
        self, client: WebClient, words: Words, limits: RateLimits, refused: Callable[[str], None]
    ) -> None:
        """Prepare.

        Args:
            client: With the bot token, no retry handlers and a time limit.
            words: Names the buttons.
            limits: What Slack takes.
            refused: Called with Slack's code when it refuses the credentials.
        """
        self.rate_limits = limits
        self._client = client
        self._words = words
        self._refused = refused

    def thread_start(self, address: Address) -> str | RateLimited | Refused:
        """The words of the thread's first message; none where it is a post of ours."""
        try:
            page = self._client.conversations_replies(
                channel=address["channel"], ts=address[START], limit=1, include_all_metadata=True
            )
        except SlackApiError as error:
            if (wait_s := retry_after_s(error)) is not None:
                return RateLimited(wait_s)
            code = code_of(error)
            return Refused(code, permanent=code not in {*MAY_BE_DONE, *PASSING, "unknown"})
        first: dict[str, Any] = next(iter(page.get("messages") or []), {})
        is_ours = (first.get("metadata") or {}).get("event_type") == _EVENT_TYPE
        return "" if is_ours else read(first).whole

    def render(self, shown: ReplyView, address: Address) -> list[Payload]:
        if address.get(START_UNREAD):
            shown = ReplyView(self._words.text("thread start unread"))
        if address.get(BELOW):
            shown = replace(shown, remarks=(*shown.remarks, self._words.text("edited")))
        query = str(address.get("query", ""))
        # Only official words are shared, or take the place of others: no apology, no quota.
        is_quoting = bool(shown.quotations)
        if is_quoting and (user := address.get("shared_by")):
            payloads = render.messages(shown, self._words, query)
            payloads[0]["blocks"].insert(0, render.shared_by(user, self._words))
            return [{"response_type": "in_channel", **payload} for payload in payloads]
        if "respond" in address:
            payloads = render.to_asker(shown, self._words, query)
            if is_quoting and address.get("in_place"):
                payloads[0]["replace_original"] = True
            return payloads
        return render.messages(shown, self._words, query)

    def send(self, payload: Payload, address: Address, key: str) -> Outcome:
        try:
            if "respond" in address:
                return self._respond(payload, address["respond"])
            if "home" in address:
                self._client.views_publish(user_id=address["home"], view=payload["view"])
                return Sent("home")
            if CHANGED in address:
                return Sent(self._change(payload, address))
            return Sent(self._post(self._linked(payload, address), address, key))
        except Exception as error:
            return self._outcome(error, address)

    def _post(self, payload: Payload, address: Address, key: str) -> str:
        """Post; where Slack refuses the blocks, the same words as plain text."""
        if channel := address.get("instead_of"):
            payload = render.privately(payload, channel, self._words)
        if user := address.get("only"):
            return self._show_to(user, payload, address)
        message: dict[str, Any] = {
            "channel": address["channel"],
            "thread_ts": address.get("thread_ts"),
            "text": payload["text"],
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": _EVENT_TYPE, "event_payload": {"key": key}},
        }
        try:
            answer = self._client.chat_postMessage(**message, blocks=payload["blocks"])
        except SlackApiError as error:
            if code_of(error) not in BAD_BLOCKS:
                raise
            log.error("Slack refused the blocks of a reply (%s); sent as text", code_of(error))
            answer = self._client.chat_postMessage(**message, mrkdwn=False)
        return str(answer.get("ts", ""))

    def _linked(self, payload: Payload, address: Address) -> Payload:
        """With a link to the message that a post is about; without, where Slack gives none."""
        if "link" not in address:
            return payload
        channel, ts = address["link"]
        try:
            answer = self._client.chat_getPermalink(channel=channel, message_ts=ts)
        except SlackApiError as error:
            if retry_after_s(error) is not None:
                raise
            log.warning("Slack gives no link to a message (%s)", code_of(error))
            return payload
        return render.linked(payload, str(answer["permalink"]), self._words)

    def _change(self, payload: Payload, address: Address) -> str:
        """Put a reply in the place of another post; again and again changes nothing."""
        self._client.chat_update(
            channel=address["channel"],
            ts=address[CHANGED],
            text=payload["text"],
            blocks=payload["blocks"],
        )
        return str(address[CHANGED])

    def _show_to(self, user: str, payload: Payload, address: Address) -> str:
        answer = self._client.chat_postEphemeral(
            channel=address["channel"], user=user, text=payload["text"], blocks=payload["blocks"]
        )
        return str(answer.get("message_ts", ""))

    def _outcome(self, error: Exception, address: Address) -> Outcome:
        """What a failed call means for its post."""
        code = code_of(error)
        if (wait_s := retry_after_s(error)) is not None:
            return RateLimited(wait_s)
        if not isinstance(error, SlackApiError):
            trouble = trouble_of(error, self._client.base_url)
            if trouble.is_unsent:
                return Refused(str(trouble), permanent=False)
            late = trouble.kind == "no answer"
            return Unconfirmed(str(trouble), _LATE_S) if late else Unconfirmed(str(trouble))
        if error.response.status_code >= 500 or code in MAY_BE_DONE:
            return Unconfirmed(code)
        if code in FOR_GOOD:
            self._refused(code)
            return Suspended(code, SUSPENDED_S)
        if code in PASSING or code == "unknown":
            return Refused(code, permanent=False)
        if (elsewhere := _elsewhere(code, address)) is not None:
            return Redirected(code, elsewhere)
        return Refused(code, permanent=True)

    def look_up(self, payload: Payload, address: Address, key: str) -> Found:
        if "home" in address or CHANGED in address:
            return NotPosted()  # the same again changes nothing
        if "respond" in address or "instead_of" in address:
            return CannotCheck()
        try:
            return self._found(address, key)
        except SlackApiError as error:
            code = code_of(error)
            if (wait_s := retry_after_s(error)) is not None:
                return RateLimited(wait_s)
            if code in NO_PLACE or code == "missing_scope":
                return CannotCheck()
            if code in FOR_GOOD:
                self._refused(code)
                return Suspended(code, SUSPENDED_S)
            raise

    def reachability(self, chat: Chat) -> Reachability:
        """Whether the bot is a member; taken to be one where Slack does not say."""
        client = WebClient(
            token=self._client.token,
            base_url=self._client.base_url,
            timeout=_LOOK_S,
            retry_handlers=[],
        )
        try:
            channel = client.conversations_info(channel=chat.channel).get("channel") or {}
        except SlackApiError as error:
            return "not a member" if loss_of(code_of(error)).why == "left" else ""
        except Exception:  # time-out, cut connection
            return ""
        if channel.get("is_archived"):
            return "archived"
        return "not a member" if channel.get("is_member") is False else ""

    def loss(self, reason: str) -> Loss:
        return loss_of(reason)

    def is_place(self, channel: str) -> bool:
        return bool(_CHANNEL.fullmatch(channel))

    def return_address(self, chat: Chat, address: Address) -> Address:
        back: Address = {TEAM: chat.workspace}
        if "respond" in address or not address.get("thread_ts"):
            return {**back, "channel": chat.user}  # a response URL lives for half an hour
        return {**back, "channel": address["channel"], "thread_ts": address["thread_ts"]}

    def desk_address(self, desk: Chat, back: Address) -> Address:
        link = {"link": [back["channel"], back["thread_ts"]]} if "thread_ts" in back else {}
        return {**self.address_of(desk), **link}

    def address_of(self, chat: Chat) -> Address:
        return {
            TEAM: chat.workspace,
            "channel": chat.channel,
        }  # a person's id opens the direct message

    def _found(self, address: Address, key: str) -> Found:
        """Look through the thread, or the channel, from the message that is answered on."""
        cursor = None
        for _ in range(_PAGES):
            where: dict[str, Any] = {
                "channel": address["channel"],
                "include_all_metadata": True,
                "limit": 200,
                "cursor": cursor,
                "oldest": address.get("after"),
            }
            if thread := address.get("thread_ts"):
                page = self._client.conversations_replies(ts=thread, **where)
            else:
                page = self._client.conversations_history(**where)
            for message in page.get("messages") or []:
                metadata = message.get("metadata") or {}
                if (metadata.get("event_payload") or {}).get("key") == key:
                    return Sent(str(message.get("ts", "")))
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return NotPosted()
        return CannotCheck()

    def _respond(self, payload: Payload, url: str) -> Outcome:
        webhook = WebhookClient(
            url, timeout=self._client.timeout, proxy=self._client.proxy, retry_handlers=[]
        )
        answer = webhook.send_dict({"replace_original": False, **payload})
        if answer.status_code == 429:
            return RateLimited(seconds(answer.headers))
        if answer.status_code >= 500:
            return Unconfirmed(f"HTTP {answer.status_code}")
        if answer.status_code >= 400:
            return Refused(f"HTTP {answer.status_code}", permanent=True)
        return Sent("")


def _elsewhere(code: str, address: Address) -> Address | None:
    """Where a reply that is refused still goes: below what it cannot change, to its asker alone."""
    if CHANGED in address and code in NO_CHANGE | BAD_BLOCKS:
        kept = (name for name in address if name not in (CHANGES, CHANGED))
        return {name: address[name] for name in kept}
    asker, channel = address.get("asker"), str(address.get("channel", ""))
    if not asker or not channel.startswith(("C", "G")):
        return None
    of = {TEAM: address[TEAM]} if TEAM in address else {}  # none: put out by an older version
    if code in NO_THREAD and "only" not in address:
        return {**of, "channel": channel, "only": asker, "asker": asker, "instead_of": channel}
    if code in NO_WORDS or "only" in address:
        return {**of, "channel": asker, "instead_of": channel}
    return None
