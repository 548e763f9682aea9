"""订阅, 退订, 查看订阅, 摘要: what a chat says about its digest → Reply."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from datetime import datetime

from bot.commands import Plan, ShowDigest, ShowSubscription, Subscribe, Unsubscribe
from bot.delivery.transport import Reachability
from bot.digest.content import DigestBuilder
from bot.digest.due import next_due
from bot.digest.subscriptions import Change, Subscription, SubscriptionStore
from bot.message import Chat, Notice, Reply
from bot.wording.presentation import Words

_CHANGES = 5  # of a chat's history that are shown


@dataclass(frozen=True)
class SubscriptionCommands:
    """Carries them out, and changes subscriptions from elsewhere."""

    subscriptions: SubscriptionStore
    digests: DigestBuilder
    words: Words
    now: Callable[[], datetime]
    desk_channels: tuple[str, ...]  # chats that may have the desk's digest
    managers: tuple[str, ...]  # who may change a chat's digest and company; none: everyone
    companies: Callable[[Chat], Set[str]]  # codes that a chat may be told of
    no_such_company: Callable[[str, Chat], Reply]

    def reply(
        self,
        command: Subscribe | Unsubscribe | ShowSubscription | ShowDigest,
        chat: Chat | None,
        reachability: Callable[[Chat], Reachability],
    ) -> Reply:
        """Carry out a command.

        Args:
            command: What is wanted.
            chat: Where, and by whom; None on the command line.
            reachability: Tells whether a post would arrive.
        """
        if chat is None:
            return self._notice("no push")
        if isinstance(command, Subscribe | Unsubscribe) and not self.may_manage(chat):
            return self._notice("managers only")
        match command:
            case Subscribe(plan):
                return self._subscribe(chat, plan, reachability)
            case Unsubscribe():
                ended = self.subscriptions.end(chat, "unsubscribed", self.now())
                return self._notice("unsubscribed" if ended else "not subscribed")
            case ShowSubscription():
                return self._shown(chat)
            case ShowDigest():
                return self._digest(chat)

    def may_have_desk(self, chat: Chat) -> bool:
        """Whether the desk's digest is allowed in a chat."""
        return chat.channel in self.desk_channels

    def may_manage(self, chat: Chat | None) -> bool:
        """Whether who speaks may change the chat's digest and company; nothing is changed of no
        chat. A manager is an id, or `WORKSPACE/ID`: another workspace may have the same id."""
        if not self.managers or chat is None:
            return True
        managers = {manager.casefold() for manager in self.managers}
        names = {chat.user.casefold(), f"{chat.workspace}/{chat.user}".casefold()}
        return not managers.isdisjoint(names)

    def changeable(self, chat: Chat) -> list[Subscription]:
        """The active subscriptions of a workspace that this person changed and may change."""
        if not self.may_manage(chat):
            return []
        return self.subscriptions.changed_by(chat.platform, chat.workspace, chat.user)

    def move(self, subscription: Subscription, plan: Plan, user: str) -> None:
        """Change a subscription from elsewhere: App Home."""
        chat = Chat(subscription.platform, subscription.workspace, subscription.channel, user)
        self.subscriptions.subscribe(chat, plan, self.now())

    def _subscribe(
        self, chat: Chat, plan: Plan, reachability: Callable[[Chat], Reachability]
    ) -> Reply:
        if plan.desk and not self.may_have_desk(chat):
            return self._notice("desk elsewhere", channel=chat.channel)
        unknown = [code for code in plan.companies if code not in self.companies(chat)]
        if unknown:
            return self.no_such_company(unknown[0], chat)
        if trouble := reachability(chat):
            return self._notice(trouble)
        now = self.now()
        before = self.subscriptions.subscribe(chat, plan, now)
        key = "resubscribed" if before and before.plan != plan else "subscribed"
        return self._notice(
            key,
            plan=self._plan(plan, now),
            before=self._plan(before.plan, now) if before else "",
            next=self._next(plan, now),
        )

    def _shown(self, chat: Chat) -> Reply:
        changes = self.subscriptions.changes(chat)
        if not changes:
            return self._notice("not subscribed")
        subscription, now = self.subscriptions.get(chat), self.now()
        told = "\n".join(self._change(change, now) for change in changes[:_CHANGES])
        people = tuple({change.user for change in changes})
        if subscription is None or subscription.ended_at is not None:
            return Notice(self.words.text("subscription ended", changes=told), people)
        plan = subscription.plan
        said = self.words.text(
            "subscription",
            plan=self._plan(plan, now),
            next=self._next(plan, now),
            changes=told,
        )
        return Notice(said, people)

    def _digest(self, chat: Chat) -> Reply:
        now = self.now()
        subscription = self.subscriptions.get(chat)
        if subscription and subscription.ended_at is None:
            plan = subscription.plan
        else:
            plan = Plan(now.time())
        if plan.desk and not self.may_have_desk(chat):
            return self._notice("desk elsewhere", channel=chat.channel)
        digest = self.digests.build(chat, plan, now.date(), now)
        if digest is None:
            why = "digest, nothing new" if plan.new_only else "digest, nothing left"
            return self._notice("digest, none", why=self.words.text(why))
        return digest

    def _change(self, change: Change, now: datetime) -> str:
        return self.words.text(
            "change",
            at=f"{change.at.astimezone(now.tzinfo):%Y-%m-%d %H:%M}",
            user=change.user,
            what=self.words.text(f"change, {change.what}"),
        )

    def _plan(self, plan: Plan, now: datetime) -> str:
        assert now.tzinfo is not None
        return self.words.plan(plan, now.tzinfo)

    def _next(self, plan: Plan, now: datetime) -> str:
        return self.words.instant(next_due(plan, now, self.digests.trading_days()))

    def _notice(self, key: str, **values: object) -> Notice:
        return Notice(self.words.text(key, **values))
