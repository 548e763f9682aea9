"""Every vector, and a second implementation as a witness."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

from handlers.wecom_server.crypto import Crypto, RefusedError, _without_padding, is_too_old

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())
KEY = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
OURS = Crypto("token", KEY, "ww0000000000000001")
THEIRS = WeChatCrypto("token", KEY, "ww0000000000000001")


def _each(name):
    return pytest.mark.parametrize("case", VECTORS[name], ids=lambda case: case["id"])


def _crypto(case):
    return Crypto(case["token"], case["encoding_aes_key"], case["receiveid"])


def _signed(case):
    return case["msg_signature"], case["timestamp"], case["nonce"], case["encrypt"]


def test_every_vector_is_run():
    expected = [case["expect"] for case in VECTORS["decrypt"]]
    assert (expected.count("accept"), expected.count("refuse")) == (10, 28)
    assert (len(VECTORS["encrypt"]), len(VECTORS["media"])) == (2, 1)


@_each("decrypt")
def test_a_ciphertext_is_decrypted_or_refused(case):
    if case["expect"] == "accept":
        assert _crypto(case).decrypted(*_signed(case)) == case["plaintext"]
    else:
        with pytest.raises(RefusedError):
            _crypto(case).decrypted(*_signed(case))


@_each("encrypt")
def test_a_reply_is_encrypted_and_signed(case):
    random = case["random16"].encode()
    made = _crypto(case).encrypted(case["plaintext"], case["timestamp"], case["nonce"], random)
    assert made == (case["encrypt"], case["msg_signature"])


@_each("media")
def test_media_is_padded_in_the_same_way(case):
    key = base64.b64decode(case["aeskey"])
    decryptor = Cipher(AES256(key), CBC(key[:16])).decryptor()
    content = decryptor.update(base64.b64decode(case["ciphertext_base64"])) + decryptor.finalize()
    assert _without_padding(content) == base64.b64decode(case["plaintext_base64"])


@given(st.text(max_size=200), st.text("0123456789", min_size=1, max_size=12))
def test_what_one_implementation_encrypts_the_other_decrypts(text, nonce):
    encrypted, signature = OURS.encrypted(text, "1764000000", nonce)
    assert THEIRS.decrypt_message(_envelope(encrypted), signature, "1764000000", nonce) == text
    assert OURS.decrypted(signature, "1764000000", nonce, encrypted) == text


def test_what_the_second_implementation_encrypts_is_decrypted_here():
    sealed = THEIRS.encrypt_message("三季度毛利率？", "873465129", "1764000000")
    encrypted, signature = (
        sealed.split(f"<{name}><![CDATA[")[1].split("]]>")[0]
        for name in ("Encrypt", "MsgSignature")
    )
    assert OURS.decrypted(signature, "1764000000", "873465129", encrypted) == "三季度毛利率？"


def test_padding_that_other_implementations_let_pass_is_refused_here():
    """Its last byte is right, the others are not."""
    case = next(case for case in VECTORS["decrypt"] if case["id"] == "bad-padding-inconsistent")
    lax = WeChatCrypto(case["token"], case["encoding_aes_key"], case["receiveid"])
    signature, timestamp, nonce, encrypted = _signed(case)
    assert lax.decrypt_message(_envelope(encrypted), signature, timestamp, nonce)
    with pytest.raises(RefusedError, match="padding"):
        _crypto(case).decrypted(*_signed(case))


def test_a_receiver_that_is_empty_must_be_empty():
    """Vendor code skips the check then."""
    encrypted, signature = OURS.encrypted("{}", "1", "2")
    with pytest.raises(RefusedError, match="another receiver"):
        Crypto("token", KEY, "").decrypted(signature, "1", "2", encrypted)


def test_a_ciphertext_without_its_signature_is_refused_by_both():
    """Vendor code leaves the comparison to its caller."""
    encrypted, _ = OURS.encrypted("{}", "1", "2")
    for signature in ("", "0" * 40, "ü", "\ud800"):
        with pytest.raises(RefusedError, match="signature"):
            OURS.decrypted(signature, "1", "2", encrypted)
    with pytest.raises(InvalidSignatureException):
        THEIRS.decrypt_message(_envelope(encrypted), "0" * 40, "1", "2")


@given(st.binary(max_size=300), st.text(max_size=20))
def test_whatever_is_signed_is_decrypted_or_refused(content, nonce):
    for encrypted in (base64.b64encode(content).decode(), content.decode("latin-1")):
        signature = OURS._signature("1", nonce, encrypted)
        with pytest.raises(RefusedError):
            OURS.decrypted(signature, "1", nonce, encrypted)


@pytest.mark.parametrize(
    ("timestamp", "too_old"),
    [
        ("1000", False),
        ("700", False),
        ("699", True),
        ("1301", True),
        ("", True),
        ("１０００", True),
    ],
)
def test_age_is_judged_apart(timestamp, too_old):
    assert is_too_old(timestamp, 1000.0, 300.0) is too_old


def _envelope(encrypted):
    return f"<xml><Encrypt>{encrypted}</Encrypt></xml>"
