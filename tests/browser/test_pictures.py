"""The pictures of chats that the READMEs show are made by a command."""

from __future__ import annotations

import pytest

from tests.browser.screenshots import LANGUAGES, picture_chats


@pytest.mark.trial
@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_chat_is_pictured(browser, tmp_path, lang):
    made = picture_chats(browser, lang, tmp_path)
    assert [path.name for path in made] == [
        f"chat-{name}.{lang}.png" for name in ("slack", "wecom", "terminal")
    ]
    assert all(path.stat().st_size > 20_000 for path in made)
