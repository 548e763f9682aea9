"""Whether a person serves a customer, and handing over to one.

    state   0 new, 1 served by a program, 2 waits for a person, 3 served by one, 4 ended
            The bot may write in 0 and 1 alone.

Source: document/path/94669 of developer.work.weixin.qq.com.
"""

from __future__ import annotations

import logging
import threading
import time

from bot.message import Chat
from bot.store import Store
from handlers.wecom_server.api import Answer, NotCalledError, NoVerdictError, ServerApi

WAITS, SERVED = 2, 3
_ON_DUTY = 0  # `status` of a person who takes customers

log = logging.getLogger(__name__)


class Sessions:
    """The customers of the accounts. Safe to share between threads."""

    def __init__(self, api: ServerApi, store: Store) -> None:
        self._api = api
        self._store = store
        self._lock = threading.Lock()
        self._staffed: dict[str, bool] = {}  # whether an account has people, by its id

    def has_people(self, account: str) -> bool:
        """Whether an account has people who can be handed over to, when it was looked at last."""
        with self._lock:
            return self._staffed.get(account, False)

    def look_for_people(self, account: str) -> None:
        """Look whether it has; on a fault it stays as it was."""
        try:
            answer = self._api.call("kf/servicer/list", open_kfid=account)
        except (NotCalledError, NoVerdictError):
            return
        if not answer.errcode:
            with self._lock:
                self._staffed[account] = bool(_people(answer))

    def is_on_duty(self, account: str) -> bool:
        """Whether somebody takes customers now.

        Raises:
            NotCalledError, NoVerdictError: Nobody knows.
        """
        answer = self._api.call("kf/servicer/list", open_kfid=account)
        return any(person.get("status", _ON_DUTY) == _ON_DUTY for person in _people(answer))

    def look_at(self, chat: Chat) -> bool:
        """Whether a person serves a customer, as the platform has it, and keep that.

        Raises:
            NotCalledError, NoVerdictError: Nobody knows.
        """
        answer = self._api.call("kf/service_state/get", _of(chat))
        by_person = answer.body.get("service_state") in (WAITS, SERVED)
        if not answer.errcode:
            self._store.note_person(chat, time.time() if by_person else None)
        return by_person

    def hand_over(self, chat: Chat) -> Answer:
        """Let a customer wait for a person.

        Raises:
            NotCalledError, NoVerdictError: It may or may not be so.
        """
        answer = self._api.call("kf/service_state/trans", {**_of(chat), "service_state": WAITS})
        if not answer.errcode:
            self._store.note_person(chat, time.time())
        return answer


def _of(chat: Chat) -> dict[str, object]:
    return {"open_kfid": chat.workspace, "external_userid": chat.user}


def _people(answer: Answer) -> list[dict[str, object]]:
    """Those who could be handed over to: members of the company, not departments."""
    listed = answer.body.get("servicer_list")
    items = listed if isinstance(listed, list) else []
    return [item for item in items if isinstance(item, dict)]
