"""What people pick and think, kept for the desk."""

from __future__ import annotations

from bot.store.feedback import unhelpful
from bot.teaching.misses import Counted, grouped
from tests.handlers.wecom.test_app import offered, settled


def _asked(store):
    return [(row["user"], row["text"]) for row in store.misses()]


def test_a_pick_is_kept_with_what_was_asked_and_ends_the_miss(bot, wecom, store):
    card = offered(wecom, "wrA", lambda text: wecom.mention(text, chat="wrA"))
    ((_, asked),) = _asked(store)
    labels = [button["text"].split(" ")[1] for button in card["card"]["button_list"]]
    ids = [f"300253/2025-002#{label.strip('第问')}" for label in labels]
    wecom.press(card, "A", user="lisi")
    wecom.mention("b", chat="wrA")  # by letter, of the same offer
    settled(wecom, "wrA", 3)
    wecom.mention("#31", chat="wrA")  # named by number, and not offered
    settled(wecom, "wrA", 4)
    assert not _asked(store)
    assert [(row["user"], row["text"]) for row in store.picks()] == [("zhangsan", asked)] * 2
    assert [row["question_id"].split(".")[0] for row in store.picks()] == ids[:2]
    # Somebody asks so elsewhere, and picks nothing: a miss that says what others picked.
    wecom.mention(asked, chat="wrB", user="wangwu")
    settled(wecom, "wrB", 1)
    (group,) = grouped(store.misses(), picks=store.picks())
    assert (group.count, group.offered) == (1, 1)
    assert [(item.what.split(".")[0], item.count) for item in group.picked] == [
        (ids[0], 1),
        (ids[1], 1),
    ]


def test_an_unhelpful_answer_is_a_miss_with_its_reasons_and_words(bot, wecom, store):
    msgid = wecom.mention("可转债")
    (post,) = wecom.until(lambda: wecom.answers(msgid))
    wecom.judge(post, 2)
    wecom.judge(post, 2, inaccurate_reason_list=[2, 3, 9], content="没说下修价格")
    wecom.judge(post, 2, user="lisi", inaccurate_reason_list=[2, [1], {}, True], content=7)
    found = wecom.until(lambda: rows if len(rows := list(unhelpful(store))) == 2 else None)
    (group,) = grouped(store.misses(), found)
    assert (group.texts, group.count, group.unhelpful) == (("可转债",), 2, 2)
    assert group.answered == (Counted("300253/2025-002#24.2", 2),)
    assert group.reasons == (
        Counted("内容不完整", 2),
        Counted("内容有错误", 1),
        Counted("9", 1),
    )
    assert group.words == ("没说下修价格",)
    wecom.judge(post, 1)
    wecom.until(lambda: len(list(unhelpful(store))) == 1)
