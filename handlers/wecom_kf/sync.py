"""Fetches what customers wrote: page by page, when a callback says that there is something.

    cursor    where the last page ended; stored with what the page held. One that the platform does
              not know any more is dropped: what it still has, of three days, is fetched again, and
              what was taken in before is known
    callback  may be missed, as may a page: every account is fetched at the start and now and then,
              too, without a callback's token, for which the platform sets strict limits

Source: document/path/94670 of developer.work.weixin.qq.com.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from bot.errors import StoreError, trace_of
from bot.store import Store
from bot.store.connection import telling
from handlers import wecom_codes as codes
from handlers.wecom_kf.credentials import PLATFORM
from handlers.wecom_kf.intake import Intake
from handlers.wecom_kf.sessions import Sessions
from handlers.wecom_server.api import Answer, NotCalledError, NoVerdictError, ServerApi

POLL_S = 300.0  # between two fetches that no callback asks for
_RETRY_S = (2.0, 5.0, 15.0, 60.0)
_LOOK_S = 0.2  # how often it is looked whether there is a token
_PAGE = 1_000  # items; the platform's most

# Refusals that have nothing to do with the cursor.
_OTHER = frozenset(
    {
        *(codes.BUSY, codes.TOO_OFTEN, codes.TOO_MANY, codes.NOT_TRUSTED_ADDRESS),
        *(40001, 40013, 41001, 48002, *codes.BAD_TOKEN),
        *(95000, 95004, codes.BAD_FETCH_TOKEN, 95011, 95012, 95017, 95023),
    }
)

log = logging.getLogger(__name__)


class _RefusedError(Exception):
    """The platform gives no page; the text is its errcode."""


class Sync:
    """One thread; accounts one after another."""

    def __init__(
        self,
        api: ServerApi,
        store: Store,
        intake: Intake,
        sessions: Sessions,
        accounts: Sequence[str],
        is_ready: Callable[[], bool],
        poll_s: float = POLL_S,
    ) -> None:
        """Prepare.

        Args:
            api: The calls.
            store: Holds the cursors.
            intake: Takes the pages.
            sessions: Knows who can be handed over to.
            accounts: Their ids.
            is_ready: Whether there is a token; without one nothing is fetched.
            poll_s: Between two fetches that no callback asks for.
        """
        self._api = api
        self._store = store
        self._intake = intake
        self._sessions = sessions
        self._accounts = accounts
        self._is_ready = is_ready
        self._poll_s = poll_s
        self._wake = threading.Condition()  # guards the three below
        self._called: dict[str, str] = {}  # accounts to fetch, with the token of a callback
        self._retry: dict[str, tuple[float, int]] = {}  # when again, and how often it failed
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="wecom-kf", daemon=True)

    def start(self) -> None:
        """Fetch until `stop`, all accounts at once first."""
        self._thread.start()

    def stop(self) -> None:
        """Begin no other page."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def call(self, account: str, token: str) -> None:
        """A callback says that there is something; for an account that is none of ours, nothing."""
        with self._wake:
            for found in self._accounts:
                if account in ("", found):
                    self._called[found] = token
            self._wake.notify_all()

    def _run(self) -> None:
        poll_at = 0.0
        while True:
            with self._wake:
                while not (self._is_ready() or self._stopping):
                    self._wake.wait(_LOOK_S)
                if self._stopping:
                    return
                now = time.monotonic()
                due = {account: "" for account, (at, _) in self._retry.items() if at <= now}
                due |= self._called
                self._called = {}
            if now >= poll_at:
                poll_at = now + self._poll_s
                due = {account: due.get(account, "") for account in self._accounts}
                for account in self._accounts:
                    self._sessions.look_for_people(account)
            for account, token in due.items():
                self._try(account, token)
            with self._wake:
                if not (self._called or self._stopping):
                    self._wake.wait(max(0.0, self._next(poll_at) - time.monotonic()))

    def _next(self, poll_at: float) -> float:
        return min([poll_at, *(at for at, _ in self._retry.values())])

    def _try(self, account: str, token: str) -> None:
        tries = self._retry.pop(account, (0.0, 0))[1]
        try:
            with telling(self._store.place):
                self._fetch(account, token)
            return
        except _RefusedError as error:
            log.error("WeCom 微信客服 refuses to hand out messages: %s (irbot doctor)", error)
        except (NotCalledError, NoVerdictError) as error:
            log.warning("WeCom 微信客服: messages could not be fetched: %s", error)
        except StoreError as error:
            log.error("WeCom 微信客服: messages could not be kept: %s", error)
        except Exception as error:  # nothing of a message is told
            log.error("WeCom 微信客服: fetching failed: %s", trace_of(error))
        after_s = _RETRY_S[min(tries, len(_RETRY_S) - 1)]
        self._retry[account] = (time.monotonic() + after_s, tries + 1)

    def _fetch(self, account: str, token: str) -> None:
        """All pages that there are.

        Raises:
            NotCalledError, NoVerdictError, _RefusedError: Not this time.
            StoreError: What was fetched cannot be kept, and will be fetched again.
        """
        stored = self._store.cursor(PLATFORM, account)
        cursor, is_new = stored or "", stored is None
        while not self._stopping:
            answer = self._page(account, cursor, token)
            if answer.errcode and cursor and answer.errcode not in _OTHER:
                log.warning("WeCom 微信客服: the cursor is not known (%d)", answer.errcode)
                cursor = ""
                answer = self._page(account, cursor, token)
            if answer.errcode:
                raise _RefusedError(str(answer.errcode))
            behind = answer.body.get("next_cursor")
            behind = behind if isinstance(behind, str) and behind else cursor
            self._intake.take(account, _listed(answer), stored, behind, old=is_new)
            if not answer.body.get("has_more") or behind == cursor:
                return
            stored = cursor = behind

    def _page(self, account: str, cursor: str, token: str) -> Answer:
        asked: dict[str, Any] = {"cursor": cursor, "limit": _PAGE, "open_kfid": account}
        answer = self._api.call("kf/sync_msg", {**asked, "token": token} if token else asked)
        if token and answer.errcode == codes.BAD_FETCH_TOKEN:
            return self._api.call("kf/sync_msg", asked)
        return answer


def _listed(answer: Answer) -> list[Any]:
    listed = answer.body.get("msg_list")
    return listed if isinstance(listed, list) else []
