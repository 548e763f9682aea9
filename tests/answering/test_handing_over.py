"""What was handed over is answered where it went."""

from __future__ import annotations

import pytest

from bot.config import Settings
from bot.message import Chat, DeskAnswer, Message
from bot.store.handovers import Handovers
from tests.conftest import NOW, open_by_words


@pytest.mark.parametrize(
    ("platform", "workspace", "is_answered"),
    [("slack", "T1", True), ("slack", "T2", False), ("wecom", "T1", False)],
)
def test_a_question_is_answered_by_the_desk_of_its_own_workspace(
    tmp_path, platform, workspace, is_answered
):
    settings = Settings(tmp_path / "irbot.db", desk_channels=("CDESK",))
    responder = open_by_words(settings).responder
    asker = Chat("slack", "T1", "C1", "U1")
    number = Handovers(settings.db).add_handover(asker, "何时分红？", "{}", NOW)
    desk = Chat(platform, workspace, "CDESK", "U2")
    reply = responder.reply(Message(f"转办{number} 六月。", desk))
    assert isinstance(reply, DeskAnswer) == is_answered
