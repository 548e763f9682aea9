"""A chat over WeCom's server is ready once there is a token for its calls."""

from __future__ import annotations

import logging
import threading

from handlers import wecom_codes as codes
from handlers.wecom_server.api import NotCalledError, NoTokenError, ServerApi

_RETRY_S = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)

log = logging.getLogger(__name__)


class SigningIn:
    """Tries in the background until there is a token, or the credentials are refused."""

    def __init__(self, name: str, api: ServerApi) -> None:
        """Prepare.

        Args:
            name: Of the way in, for the log.
            api: Its calls.
        """
        self.state = "connecting"  # connected, connecting or failed
        self._name = name
        self._api = api
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()

    def _run(self) -> None:
        tries = 0
        while not self._stopping.is_set():
            try:
                self._api.sign_in()
                self.state = "connected"
                log.info("%s: signed in", self._name)
                return
            except NoTokenError as error:
                if error.errcode in codes.FOR_GOOD:
                    self.state = "failed"
                    log.error(
                        "%s: WeCom refuses the credentials (%d); check them in .env, then restart",
                        self._name,
                        error.errcode,
                    )
                    return
                why: Exception = error
            except NotCalledError as error:
                why = error
            log.warning("%s: cannot sign in yet (%s); trying again", self._name, why)
            self._stopping.wait(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
            tries += 1
