"""A certificate authority of a test's own, and servers with its certificates, good and bad."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)
_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """`file` is what SSL_CERT_FILE should name."""

    def __init__(self, folder: Path, name: str = "test authority", lasts: float = 3650) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        ca = self._builder(self._subject, self._key, lasts - 3650, lasts)
        ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        ca = ca.add_extension(_SIGNS, critical=True)
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(_pem(ca.sign(self._key, hashes.SHA256())))

    def context(
        self, name: str = "localhost", begins: float = -1, ends: float = 30
    ) -> ssl.SSLContext:
        """For a server of that name, with a certificate that is good between two days from now."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.renew(context, name, begins, ends)
        return context

    def renew(
        self, context: ssl.SSLContext, name: str = "localhost", begins: float = -1, ends: float = 30
    ) -> None:
        """Give a server that runs another certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names: list[x509.GeneralName] = [x509.DNSName(name)]
        if name == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        builder = self._builder(subject, key, begins, ends)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        file = self._folder / "server.pem"
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())) + secret)
        context.load_cert_chain(file)

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, begins: float, ends: float
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + begins * _DAY)
            .not_valid_after(now + ends * _DAY)
            # Python 3.13 on wants to see which key signed.
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
            )
        )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
