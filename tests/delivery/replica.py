"""A replica: delivery over a server, with a platform that is a file which all replicas share.

    python -m tests.delivery.replica URL FOLDER POSTS [KEY]

asks what stands in each line of its input, as `key channel`, tells on its output what it took in,
and ends with its input. KEY: it stops itself, once, when that post is begun and not made.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.config import CHINA
from bot.delivery.delivery import Delivery
from bot.delivery.transport import NotPosted, Reachability, Sent
from bot.errors import BotError
from bot.message import Chat, Message, Notice, Reply, ReplyView
from bot.postgres_url import PostgresUrl
from bot.store.leases import Timing
from bot.wording.presentation import Words
from tests.fakes.one_chat import OneChat

# As in earnest, but several times as fast; what makes one replica wait for another is in the same
# order.
QUICK = Timing(renew=0.1, again=0.1, sure=0.4, dead=0.7, settle=1.2)


@dataclass(frozen=True)
class Said:
    """A message with what is replied to it."""

    reply: Reply


class Echo:
    """Answers each message by its own words."""

    words = Words("zh", "", 90, "")
    desk_channels: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.now: Callable[[], datetime] = lambda: datetime.now(CHINA)
        self.reachability: Callable[[Chat], Reachability] = lambda chat: ""
        self.desk: Callable[[Chat], Chat | None] = lambda chat: None
        self.is_outside: Callable[[Chat], bool] = lambda chat: False

    def masked(self, message):
        return message

    def points(self, message):
        return False

    def consider(self, message, waited_s=0.0):
        return Said(Notice(message.text))

    def keep(self, message, considered, shown, post=""):
        pass

    def show(self, reply):
        return ReplyView(reply.text)


class Stops(Echo):
    """Stops its process when it is asked whether the post is late, which is then begun."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        self.now = self.stopped

    def stopped(self) -> datetime:
        asks = sys._getframe(2)
        if asks.f_code.co_name == "_carried" and asks.f_locals["post"].key == self.key:
            self.key = ""
            # Of the process another thread might take the signal, a moment too late.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
        return datetime.now(CHINA)


class Wall(OneChat):
    """A platform: each post is a line of a file, which tells by its key whether it was made."""

    def __init__(self, file: Path) -> None:
        self._file = file
        file.touch()

    @property
    def posts(self) -> list[str]:
        return self._file.read_text().splitlines()

    def send(self, payload, address, key):
        with self._file.open("a") as file:
            file.write(f"{key}\n")
        return Sent(key)

    def look_up(self, payload, address, key):
        return Sent(key) if key in self.posts else NotPosted()


def opened(place: PostgresUrl, wall: Wall, answerer: Echo | None = None) -> Delivery:
    """A replica of this process."""
    delivery = Delivery(answerer or Echo(), place, time.time, QUICK)
    delivery.register("slack", wall)
    return delivery


def ask(delivery: Delivery, key: str, channel: str = "C1") -> None:
    """As a platform does, which repeats what was not taken in."""
    message = Message(key, Chat("slack", "T", channel, "U"))
    while True:
        try:
            delivery.inbox.accept(key, message, {"until": time.time() + 3600})
        except BotError:
            time.sleep(0.05)
        else:
            return


def main(url: str, folder: str, posts: str, stops_at: str = "") -> None:
    place = PostgresUrl.parse(url, Path(folder))
    delivery = opened(place, Wall(Path(posts)), Stops(stops_at))
    delivery.start()
    print("ready", flush=True)
    for line in sys.stdin:
        ask(delivery, *line.split())
        print(line.strip(), flush=True)
    delivery.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
