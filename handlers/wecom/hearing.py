"""What people wrote to the smart bot, whichever way it came: read, and kept once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from bot.answering.handing_over import as_answer, is_answer, number_in
from bot.answering.responder import Responder
from bot.delivery.delivery import Delivery
from bot.delivery.transport import Address
from bot.message import Chat, Message
from handlers.wecom import render
from handlers.wecom.frames import Asked, Opinion, Origin
from handlers.wecom_text import marks, mentions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hearing:
    """One way in."""

    platform: str
    names: tuple[str, ...]  # the bot's display names
    responder: Responder
    delivery: Delivery
    _told: set[str] = field(default_factory=set)  # remarks for the log that are made once

    def message(self, asked: Asked, workspace: str) -> Message | None:
        """What was asked; None for what is to be answered with the ids of the chat."""
        origin = asked.origin
        said = mentions.read(asked.text, self.names, in_group=origin.in_group)
        if said.stale_name:
            self.say_once("WeCom: mentioned by a name that is not in WECOM_BOT_NAMES")
        text = marks.without(said.args)
        if said.command in ("help", "about"):
            text = "help"
        elif said.command == "status":
            return None
        if origin.channel in self.responder.desk_channels:
            # The platform names no post, only its words. Of an answer no mark is left out.
            number = number_in(asked.quoted)
            answer = said.args if number is None else as_answer(number, said.args)
            text = answer if is_answer(answer) else text
        quoted = mentions.read(asked.quoted, self.names, in_group=False).args
        return Message(text, self.chat(origin, workspace), quoted=marks.without(quoted))

    def status(self, origin: Origin, workspace: str) -> str:
        """The ids that settings may need."""
        return self.responder.words.text(
            "status",
            chat=origin.channel,
            user=origin.user,
            records=len(self.responder.records(self.chat(origin, workspace))),
        )

    def notify(self, origin: Origin, workspace: str, text: str, to: Address) -> None:
        """Say something of the bot's own, once for a message."""
        self.delivery.sender.enqueue(
            self.key(origin, workspace), self.chat(origin, workspace), [render.notice(text)], to
        )

    def keep(self, opinion: Opinion, workspace: str) -> None:
        """Keep what somebody thinks of an answer, or forget it again."""
        about = render.opinion_about(opinion.feedback_id)
        if about is None:
            log.info("WeCom: an opinion on an unknown message was left")
            return
        ids, query = about
        chat = self.chat(opinion.origin, workspace)
        for question_id in ids:
            if opinion.helpful is None:
                self.delivery.feedback.drop(chat, question_id)
            else:
                self.delivery.feedback.keep(
                    chat,
                    question_id,
                    query,
                    helpful=opinion.helpful,
                    reasons=opinion.reasons,
                    words=opinion.words,
                )

    def key(self, origin: Origin, workspace: str) -> str:
        """By which a repetition is known."""
        return f"{self.platform}/{workspace}/{origin.user}/{origin.msgid}"

    def chat(self, origin: Origin, workspace: str) -> Chat:
        """Where it was said, and by whom."""
        thread = origin.chatid  # a group has no threads: all read along
        return Chat(self.platform, workspace, origin.channel, origin.user, thread)

    def say_once(self, remark: str) -> None:
        """Put a remark into the log for the first time only."""
        if remark not in self._told:
            self._told.add(remark)
            log.warning(remark)
