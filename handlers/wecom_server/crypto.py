"""Content that WeCom signs and encrypts: all its callbacks and our replies to them.

    key         base64 of EncodingAESKey and "="; its last two bits mean nothing
    ciphertext  AES-256-CBC, the key's first 16 bytes for the IV
    plaintext   16 random bytes, length as 4 bytes, the message, the receiver's id; padded to blocks
                of 32 bytes with the number of bytes that are added
    signature   SHA-1 over token, timestamp, nonce and ciphertext, sorted

Source: document/path/90968 and 101033 of developer.work.weixin.qq.com.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

_BLOCK = 32
_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


class RefusedError(Exception):
    """Not from WeCom, not for us, or damaged; the text says why, for the log alone."""


def is_key(encoding_aes_key: str) -> bool:
    """Whether it has the form of an EncodingAESKey."""
    return bool(_KEY.fullmatch(encoding_aes_key))


def is_too_old(timestamp: str, now: float, most_s: float) -> bool:
    """Whether a callback was signed longer ago, or for later, than so many seconds."""
    return not (timestamp.isascii() and timestamp.isdigit()) or abs(now - int(timestamp)) > most_s


@dataclass(frozen=True)
class Crypto:
    """What one way in shares with WeCom; no part of it has a place in logs."""

    token: str
    encoding_aes_key: str
    receiver: str  # corporation id; empty for a smart bot

    def decrypted(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> str:
        """The message in a callback's ciphertext.

        Raises:
            RefusedError: Whatever is wrong.
        """
        expected = self._signature(timestamp, nonce, encrypted)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise RefusedError("signature")
        try:
            content = base64.b64decode(encrypted, validate=True)
        except ValueError:
            raise RefusedError("base64") from None
        if not content or len(content) % 16:
            raise RefusedError("length of the ciphertext")
        decryptor = self._cipher().decryptor()
        return self._message(_without_padding(decryptor.update(content) + decryptor.finalize()))

    def encrypted(
        self, text: str, timestamp: str, nonce: str, random: bytes = b""
    ) -> tuple[str, str]:
        """The ciphertext of a reply, and its signature.

        Args:
            text: The reply.
            timestamp: In seconds.
            nonce: Of the callback.
            random: 16 bytes; made here where none are given.
        """
        message = text.encode()
        content = random or secrets.token_bytes(16)
        content += len(message).to_bytes(4, "big") + message + self.receiver.encode()
        added = _BLOCK - len(content) % _BLOCK
        encryptor = self._cipher().encryptor()
        raw = encryptor.update(content + bytes([added]) * added) + encryptor.finalize()
        encrypted = base64.b64encode(raw).decode()
        return encrypted, self._signature(timestamp, nonce, encrypted)

    def _message(self, content: bytes) -> str:
        if len(content) < 20:
            raise RefusedError("short")
        end = 20 + int.from_bytes(content[16:20], "big")
        if end > len(content):
            raise RefusedError("length of the message")
        if not hmac.compare_digest(content[end:], self.receiver.encode()):
            raise RefusedError("for another receiver")
        try:
            return content[20:end].decode()
        except UnicodeDecodeError:
            raise RefusedError("not UTF-8") from None

    def _signature(self, *parts: str) -> str:
        signed = sorted(part.encode("utf-8", "replace") for part in (self.token, *parts))
        return hashlib.sha1(b"".join(signed)).hexdigest()

    def _cipher(self) -> Cipher[CBC]:
        if not is_key(self.encoding_aes_key):
            raise RefusedError("the key is no EncodingAESKey")
        key = base64.b64decode(self.encoding_aes_key + "=")
        return Cipher(AES256(key), CBC(key[:16]))


def _without_padding(content: bytes) -> bytes:
    added = content[-1]
    if not 1 <= added <= _BLOCK or content[-added:] != bytes([added]) * added:
        raise RefusedError("padding")
    return content[:-added]
