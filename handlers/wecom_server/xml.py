"""XML of callbacks: a flat list of fields; document types and entities are refused."""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring


class UnreadableError(Exception):
    """No XML of a callback; the text says why, in English, without a word of it."""


def fields(content: bytes) -> dict[str, str]:
    """The fields of a callback by name; what has fields of its own is left out.

    Raises:
        UnreadableError: It is none, or more than a list of fields.
    """
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableError(type(error).__name__) from None
    except (ParseError, ValueError, LookupError):
        raise UnreadableError("no XML") from None
    if root.tag != "xml":
        raise UnreadableError("no callback")
    return {field.tag: field.text or "" for field in root if not len(field)}
