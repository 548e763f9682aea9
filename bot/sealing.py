"""Secrets of others as they are kept: unreadable without IR_SECRET_KEY.

Fernet of the library `cryptography` (AES-128-CBC with HMAC-SHA256), several keys at once: the first
one seals, every one opens, so that a key is replaced while old rows are still there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from bot.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_NEW = "用 irbot workspaces new-key 生成一个"


class SealError(SettingsError):
    """IR_SECRET_KEY is not set, or none of its keys opens what is stored."""


class WrongKeyError(SealError):
    """None of the keys opens it."""


class Seal:
    """Seals and opens by the keys of the settings; without keys both fail and say so."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(keys)

    @cached_property
    def _fernet(self) -> MultiFernet:
        from cryptography.fernet import Fernet, MultiFernet

        if not self._keys:
            raise SealError(f"缺 IR_SECRET_KEY：加密保存令牌要用它；{_NEW}，写进 .env")
        return MultiFernet([Fernet(key) for key in self._keys])

    def seal(self, text: str) -> str:
        """The text, sealed by the first key.

        Raises:
            SealError: There is no key.
        """
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed by any of the keys.

        Raises:
            SealError: There is no key.
            WrongKeyError: Another one sealed it.
        """
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise WrongKeyError(
                "IR_SECRET_KEY 打不开已保存的令牌：把加密时用的密钥也写上，以逗号隔开"
            ) from None


def new_key() -> str:
    """A key for IR_SECRET_KEY."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def is_key(text: str) -> bool:
    """Whether a text can be a key."""
    from cryptography.fernet import Fernet

    try:
        Fernet(text)
    except ValueError:
        return False
    return True
