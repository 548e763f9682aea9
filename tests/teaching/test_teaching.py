"""What the desk teaches: from the next message on, never against a guard, never shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.answering.explanation_text import told
from bot.config import CHINA, Settings
from bot.errors import BotError, NotFoundError, RefusedError
from bot.message import Answer, Chat, Decline, Message, Suggest
from bot.record import Reading
from bot.store import Store
from bot.teaching import MissFilter, Teaching
from handlers.json_output import reply_json
from tests.conftest import open_by_words
from tests.matching.test_matching import OTHERS, made

NOW = datetime(2025, 5, 6, 9, tzinfo=CHINA)
BOND = "300253/2025-002#24.2"
DIVIDEND = ("公司的分红政策如何？", "比例为三成。")
SLANG = "那个大债啥时候弄完"  # of the convertible bond; no word of it is stored


@pytest.fixture
def bot(store):
    return open_by_words(Settings(store.place), lambda: NOW)


def asks(bot, text, user="u1", **more):
    """One person's message in a chat of its own."""
    return bot.responder.reply(Message(text, Chat("slack", "w", "c", user), **more))


def taught(store):
    """What the journal says of teaching; the record's import stands there, too."""
    return [change for change in store.changes() if change.what != "import"]


def ids(reply):
    return [hit.full_id for hit in reply.hits]


def stored_in(place, *records):
    store = Store(place)
    for at, record in enumerate(records):
        store.add([Reading(record)], f"{at}".encode(), f"{at}.txt")
    return store


# What may not be a wording


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "空的"),
        (" \t\n　", "空的"),
        ("债", "太短"),
        ("？债！", "太短"),
        ("是什么", "寒暄"),
        ("公司", "指令"),
        ("业务情况", "没有说到具体的事"),
        ("产品", "没有说到具体的事"),
        ("2025年", "没有说到具体的事"),
        ("第3问", "指令"),
        ("300253/2025-002#7", "指令"),
        ("退订", "指令"),
        ("谢谢！", "寒暄"),
        ("公司毛利率下降是否与产品价格下降有关？", "另一问 300253/2025-002#19 的原话"),
        ("毛利率下降是否与产品价格下降有关", "另一问 300253/2025-002#19 的原话"),
        ("关税战对公司有何影响，如何应对", "已由另一问 300253/2025-002#24"),
        ("2019年那个大债啥时候弄完", "年份"),
        ("海康威视那个大债", "没有收录的公司（海康威视）"),
        ("大债被立案了吗", "敏感事项（立案）"),
        ("明天股价会涨吗", "股价"),
        ("大债\x00啥时候", "控制字符"),
        ("大债\x1b[31m啥时候", "控制字符"),
        ("大债\u202e啥时候", "控制字符"),
        ("大债\ud800啥时候", "控制字符"),
        ("大债啥时候" * 101, "505个字，最多500个"),
        ("大" * 1_000_000, "1000000个字，最多500个"),
    ],
)
def test_what_would_catch_too_much_or_never_answer_is_refused(bot, text, why):
    wanted = "300253/2025-002#7" if "关税" in text else "300253/2025-002#14"
    before = bot.store.generation()
    with pytest.raises(RefusedError, match=why) as raised:
        bot.teaching.propose("王芳", wanted, text)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 200
    assert (bot.teaching.aliases(), taught(bot.store)) == ([], [])
    assert bot.store.generation() == before


@pytest.mark.parametrize(
    ("question_id", "error"),
    [
        ("300253/2025-002#99", NotFoundError),
        ("300253/2025-002#24.9", NotFoundError),
        ("300253/2025-002#24.x", NotFoundError),
        ("300253/2025-002#", NotFoundError),
        ("300253/2025-002", NotFoundError),
        ("300253/2031-002#1", NotFoundError),
        ("", NotFoundError),
        ("../../etc/passwd#1", NotFoundError),
        ("300253/2025-002#5", RefusedError),  # withdrawn below
    ],
)
def test_a_wording_needs_a_question_that_may_be_shown(bot, question_id, error):
    bot.store.withdraw("300253/2025-002#5", "错")
    with pytest.raises(error):
        bot.teaching.propose("王芳", question_id, SLANG)
    assert bot.teaching.aliases() == []


def test_one_wording_belongs_to_one_question(bot):
    bot.teaching.propose("王芳", BOND, SLANG)
    for wanted in (BOND, "300253/2025-002#7"):
        with pytest.raises(RefusedError, match=f"已经是 {BOND} 的说法（编号 1，已生效）"):
            bot.teaching.propose("李雷", wanted, f"请问{SLANG}？")


# What it does


def test_of_two_who_propose_one_wording_at_once_one_does(bot, store):
    def meanwhile():
        """The clock is looked at when it is known which wordings there are."""
        if not store.aliases():
            bot.teaching.propose("李雷", BOND, SLANG)
        return NOW

    slower = Teaching(store, lambda: bot.responder.library, meanwhile, 1)
    with pytest.raises(RefusedError, match="已经是"):
        slower.propose("王芳", BOND, SLANG)
    assert [(alias.text, alias.proposed_by) for alias in store.aliases()] == [(SLANG, "李雷")]


def test_it_answers_from_the_next_message_on_in_every_process_and_is_never_shown(bot, store):
    other = open_by_words(Settings(store.place), lambda: NOW)  # with a library of its own
    assert not isinstance(asks(other, SLANG), Answer)
    alias = bot.teaching.propose("王芳", BOND, SLANG)
    assert alias.state == "live"
    for desk in (bot, other):
        for typed in (SLANG, f"请问，{SLANG}？", "那个大債啥時候弄完"):
            considered = desk.responder.consider(Message(typed))
            assert isinstance(considered.reply, Answer)
            assert ids(considered.reply) == [BOND]
            shown = desk.responder.show(considered.reply)
            said = json.dumps(reply_json("", considered.reply, shown), ensure_ascii=False)
            assert "大债" not in said
            explained = desk.responder.explain(considered).searches[0].candidates[0]
            assert "大债" not in explained.question
    near = asks(other, "大债几时弄好")
    assert BOND in ids(near)
    assert "大债" not in other.responder.show(near).text
    bot.teaching.undo("李雷", alias.id)
    assert all(not isinstance(asks(desk, SLANG), Answer) for desk in (bot, other))
    steps = [(change.who, change.what, change.target) for change in taught(store)]
    assert steps == [
        ("王芳", "alias proposed", BOND),
        ("王芳", "alias approved", BOND),
        ("王芳", "alias live", BOND),
        ("李雷", "alias undone", BOND),
    ]


def test_an_explanation_names_the_wording_that_was_hit(bot):
    def found(text):
        (search,) = bot.responder.explain(bot.responder.consider(Message(text))).searches
        return {item.id: (item.taught, item.taught_near) for item in search.candidates}

    assert set(found(SLANG).values()) <= {((), ())}
    bot.teaching.propose("王芳", BOND, SLANG)
    assert found(f"请问{SLANG}？")[BOND] == ((SLANG,), ())
    assert found("大债的事")[BOND] == ((), (SLANG,))
    considered = bot.responder.consider(Message(SLANG))
    lines = told(bot.responder.explain(considered), bot.responder.words).splitlines()
    assert f"   就是它的另一种说法：{SLANG}" in lines
    assert SLANG not in bot.responder.show(considered.reply).text


def test_no_guard_is_beaten_by_it(place):
    day = date(2025, 4, 28)
    store = stored_in(
        place,
        made(("印尼第二座镍冶炼工厂进展如何？", "按计划推进。"), *OTHERS, day=day),
        made(DIVIDEND, code="388888", name="对照科技", no="2025-009"),
    )
    clock = [NOW]
    bot = open_by_words(Settings(store.place), lambda: clock[0])
    bot.teaching.propose("王芳", "399999/2025-001#1", "今年小镍山咋样了")
    assert ids(asks(bot, "今年小镍山咋样了")) == ["399999/2025-001#1"]
    for other in ("2021年", "海康威视", "对照科技", "被立案的"):
        typed = f"{other}小镍山咋样了"
        assert not isinstance(asks(bot, typed), Answer), typed
    assert not isinstance(asks(bot, "今年小镍山咋样了", company="388888"), Answer)
    assert not isinstance(asks(bot, "今年小镍山咋样了", as_of=date(2025, 1, 1)), Answer)
    clock[0] = datetime(2027, 5, 6, 9, tzinfo=CHINA)  # 今年 is another one
    assert not isinstance(asks(bot, "今年小镍山咋样了"), Answer)


def test_it_lives_once_enough_different_people_approved_it(store):
    bot = open_by_words(Settings(store.place, desk_approvals=3), lambda: NOW)
    alias = bot.teaching.propose("王芳", BOND, SLANG)
    with pytest.raises(RefusedError, match="王芳 已经同意过说法 1；还需另外 2 人同意"):
        bot.teaching.approve("王芳", alias.id)
    assert bot.teaching.approve("李雷", alias.id).state == "proposed"
    assert not isinstance(asks(bot, SLANG), Answer)
    assert bot.teaching.approve("韩梅", alias.id).approved_by == ("王芳", "李雷", "韩梅")
    assert ids(asks(bot, SLANG)) == [BOND]
    with pytest.raises(RefusedError, match="已生效；没有改动"):
        bot.teaching.approve("赵六", alias.id)
    with pytest.raises(NotFoundError):
        bot.teaching.approve("赵六", 99)
    # Taken back, it begins anew.
    bot.teaching.undo("王芳", alias.id)
    again = bot.teaching.propose("李雷", BOND, SLANG)
    assert (again.id, again.state, again.approved_by) == (2, "proposed", ("李雷",))
    bot.teaching.refuse("王芳", again.id)
    assert bot.teaching.undo("王芳", again.id).state == "proposed"


def test_a_correction_that_numbers_otherwise_does_not_move_it(place):
    first = ("印尼第二座镍冶炼工厂进展如何？", "按计划推进。")
    store = stored_in(place, made(first, *OTHERS))
    bot = open_by_words(Settings(store.place), lambda: NOW)
    alias = bot.teaching.propose("王芳", "399999/2025-001#1", "小镍山咋样了")

    def corrected(*pairs):
        record = replace(made(*pairs), is_correction=True)
        store.add([Reading(record)], repr(pairs).encode(), "corrected.txt")
        return asks(bot, "小镍山咋样了"), bot.teaching.question_now(alias)

    reply, now = corrected(*OTHERS, first)
    assert (ids(reply), now) == (["399999/2025-001#3"], "399999/2025-001#3")
    # A character corrected, at its place; and words that are those of another question.
    typo = ("印尼第二座镍冶炼厂进展如何？", "按计划推进。")
    reply, now = corrected(typo, *OTHERS)
    assert (ids(reply), now) == (["399999/2025-001#1"], "399999/2025-001#1")
    reply, now = corrected(("分红政策如何？", "三成。"), *OTHERS)
    assert not isinstance(reply, Answer)
    assert now is None
    assert ids(corrected(OTHERS[1], first)[0]) == ["399999/2025-001#2"]
    store.withdraw("399999/2025-001#2", "错")
    with_alias = asks(bot, "小镍山咋样了")
    bot.teaching.undo("王芳", alias.id)
    assert with_alias == asks(bot, "小镍山咋样了")
    assert isinstance(with_alias, Decline)


# What a question does not answer


def test_a_counterexample_is_not_answered_by_its_question_until_it_is_undone(bot):
    asked = "关税战有影响吗"
    tariff = "300253/2025-002#24.3"
    assert ids(asks(bot, asked)) == [tariff]
    made_ = bot.teaching.reject("王芳", asked, tariff)
    assert made_.question_id == "300253/2025-002#24"
    for typed in (asked, "请问关税战有影响吗？", "關稅戰有影響嗎"):
        reply = asks(bot, typed)
        assert not isinstance(reply, Answer)
        assert tariff not in (ids(reply) if isinstance(reply, Suggest) else ())
    assert ids(asks(bot, "关税战对公司有何影响？如何应对举措？")) == [tariff]  # asked otherwise
    bot.teaching.undo_rejection("李雷", made_.id)
    assert ids(asks(bot, asked)) == [tariff]
    with pytest.raises(RefusedError):
        bot.teaching.undo_rejection("李雷", made_.id)
    own = bot.store.record("300253/2025-002").record.question(19).question
    with pytest.raises(RefusedError, match="原话"):
        bot.teaching.reject("王芳", own, "300253/2025-002#19")


# What several people picked


def picks(bot, text, user):
    """Asked, and the first of the list picked; its id."""
    offered = asks(bot, text, user)
    assert isinstance(offered, Suggest), offered
    asks(bot, "A", user)
    return offered.hits[0].full_id


def test_what_several_people_pick_proposes_itself_once(bot):
    picked = picks(bot, "医院的数据", "u1")
    assert bot.teaching.aliases() == []
    picks(bot, "医院的数据", "u1")  # the same person
    assert bot.teaching.aliases() == []
    assert picks(bot, "医院的数据？", "u2") == picked
    (alias,) = bot.teaching.aliases()
    assert (alias.question_id, alias.state, alias.proposed_by) == (picked, "proposed", "")
    assert alias.approved_by == ()
    picks(bot, "医院的数据", "u3")
    assert bot.teaching.aliases() == [alias]
    bot.teaching.refuse("王芳", alias.id)
    picks(bot, "医院的数据", "u4")
    assert [item.state for item in bot.teaching.aliases()] == ["refused"]
    bot.teaching.undo("王芳", alias.id)
    assert bot.teaching.approve("王芳", alias.id).state == "live"
    assert ids(asks(bot, "医院的数据")) == [picked]


# Misses as work


def test_a_group_keeps_its_state_until_it_is_undone(bot):
    teaching = bot.teaching
    for text in (SLANG, f"{SLANG}呀", "明天上海下雨吗", "谢谢", "大债" * 5000):
        asks(bot, text)

    def states(**wanted):
        return {item.texts[-1]: item.state for item in teaching.misses(MissFilter(**wanted))}

    assert states() == {SLANG: "new", "明天上海下雨吗": "new"}
    mark = teaching.mark("王芳", "明天上海下雨吗", "ours").mark
    asks(bot, "明天上海下雨吗？？", "u2")
    assert states(state="ours") == {"明天上海下雨吗": "ours"}
    later = teaching.mark("李雷", "明天上海下雨吗", "done").mark
    assert states(state="done") == {"明天上海下雨吗": "done"}
    teaching.undo_mark("王芳", later.id)
    assert states()["明天上海下雨吗"] == "ours"
    teaching.undo_mark("王芳", mark.id)
    assert states()["明天上海下雨吗"] == "new"
    with pytest.raises(RefusedError):
        teaching.undo_mark("王芳", mark.id)
    with pytest.raises(NotFoundError):
        teaching.mark("王芳", "没有人问过", "ours")
    steps = [(change.who, change.what) for change in taught(bot.store)]
    assert steps == [
        ("王芳", "miss ours"),
        ("李雷", "miss done"),
        ("王芳", "miss undone"),
        ("王芳", "miss undone"),
    ]


def test_attaching_a_wording_makes_a_group_done_as_long_as_it_lives(bot):
    asks(bot, SLANG)
    attached = bot.teaching.attach("王芳", SLANG, BOND, "大债何时弄完")
    (group,) = bot.teaching.misses()
    assert (group.state, group.mark, group.alias) == ("done", attached.mark.id, attached.alias.id)
    assert ids(asks(bot, "大债何时弄完")) == [BOND]
    bot.teaching.undo("王芳", attached.alias.id)
    assert [item.state for item in bot.teaching.misses()] == ["new"]
    with pytest.raises(BotError):
        bot.teaching.attach("王芳", SLANG, BOND, "情况")
    assert [item.state for item in bot.teaching.misses()] == ["new"]


def test_what_is_not_ours_gets_no_answer_and_no_list(bot):
    asked = "医院的数据"
    own = bot.store.record("300253/2025-002").record.question(19).question
    assert isinstance(asks(bot, asked), Suggest)
    mark = bot.teaching.mark("王芳", asked, "not ours").mark
    declined = asks(bot, f"请问{asked}？", "u2")
    assert isinstance(declined, Decline)
    assert declined == asks(bot, "星际旅行")
    assert ids(asks(bot, own)) == ["300253/2025-002#19"]
    (search,) = bot.responder.explain(bot.responder.consider(Message(asked))).searches
    assert [reason.name for reason in search.reasons] == ["the desk said that no record answers it"]
    bot.teaching.undo_mark("王芳", mark.id)
    assert isinstance(asks(bot, asked), Suggest)


def test_misses_are_found_by_company_channel_and_day(place):
    store = stored_in(
        place,
        made(*OTHERS),
        made(DIVIDEND, code="388888", name="对照科技", no="2025-009"),
    )
    clock = [NOW]
    bot = open_by_words(Settings(store.place), lambda: clock[0])
    bot.responder.reply(Message("明天下雨吗", Chat("slack", "w", "room", "u"), company="388888"))
    clock[0] = datetime(2025, 5, 8, 9, tzinfo=CHINA)
    bot.responder.reply(Message("示例股份什么时候上太空", Chat("wecom", "w", "other", "u")))

    def found(**wanted):
        return [item.texts[0] for item in bot.teaching.misses(MissFilter(**wanted))]

    assert len(found()) == 2
    assert found(company="388888") == found(channel="room") == ["明天下雨吗"]
    assert found(company="399999") == found(channel="other") == ["示例股份什么时候上太空"]
    assert found(since="2025-05-07T00:00:00.000000+00:00") == ["示例股份什么时候上太空"]
