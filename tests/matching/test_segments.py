"""However stored words are divided into segments, in memory or in files, the same is found."""

from __future__ import annotations

import random
import resource
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.evaluating import read_queries
from bot.matching.index import Index
from bot.matching.lexicon import read_lexicon
from bot.matching.merging import build_segment, merge_tables
from bot.matching.parts import Live, Wanted
from bot.matching.searching import BUDGET, best
from bot.matching.segment import Segment
from bot.matching.segment_files import DamagedIndexError, damage, merge, open_segment, write
from bot.matching.shelf import RecordShelf
from bot.matching.taught import Wording
from bot.record import EventDate, Narrative, Question, Record
from tests.matching.test_matching import PHRASINGS

LEXICON = read_lexicon()
MATTERS = "毛利率 分红政策 海外订单 产能利用率 研发投入 可转债 winex平台 股权激励".split()  # noqa: SIM905
ASKED = ("{}怎么样？", "请介绍{}的情况", "{}和{}有何进展？", "2025年{}目标是多少？", "为什么{}下降")
SAID = ("公司{}保持稳定。", "{}同比增长{}%，主要受{}影响。", "尊敬的投资者，{}请关注公告。")


class Shelf(RecordShelf):
    """Records as they may be shown, of which some are kept under several keys."""

    def __init__(self, entries, shown):
        super().__init__(shown)
        self.kept = dict(entries)
        self.shown = {record.id: record for record in shown}

    def record(self, key):
        return self.shown[self.kept[key].id]

    def words(self, key):
        return self.kept[key]

    def questions(self, wanted):
        return [self.kept[key].question(number) for key, number in wanted]


def said(chance, forms):
    words = [chance.choice(MATTERS) for _ in range(3)]
    return chance.choice(forms).format(*words)


def question(chance, number, day=None):
    answer = "".join(said(chance, SAID) for _ in range(chance.randint(1, 3)))
    return Question(
        number,
        said(chance, ASKED),
        answer,
        kind="platform" if day else "record",
        answered_at=f"{day}T10:00:00" if day else None,
    )


def filed(chance, code, at):
    day = date(2024, 1, 1) + timedelta(days=chance.randrange(700))
    told = "\n".join(said(chance, SAID) for _ in range(3))
    return Record(
        code,
        f"示例{code[-1]}股份",
        f"2024-{at:03}",
        "记录表",
        (EventDate(day, day, "day", f"{day}"),),
        tuple(question(chance, number) for number in range(1, chance.randint(2, 9))),
        narrative=(Narrative(None, told),),
    )


def written(code, rows):
    days = sorted(row.day for row in rows)
    dates = (EventDate(days[0], days[-1], "day", ""),)
    return Record(code, f"示例{code[-1]}", None, "问答", dates, tuple(rows), is_written=True)


def history(chance):
    """Entries as a store keeps them, which of them live, and the records that are shown."""
    entries: list[tuple[int, Record]] = []
    live: dict[int, set[str]] = {}
    shown: list[Record] = []
    for at in range(chance.randint(4, 10)):
        record = filed(chance, f"30000{at % 3}", at)
        entries.append((len(entries) + 1, record))
        if chance.random() < 0.2:  # withdrawn, or an older version
            secret = Question(9, "蓝湖区的bluelake和kezhuanzhai？", "蓝湖区。")
            entries[-1] = (len(entries), replace(record, questions=(*record.questions, secret)))
            continue
        places = [item.place for item in record.questions]
        hidden = set(chance.sample(places, chance.choice((0, 0, 1))))
        live[len(entries)] = hidden
        shown.append(record.without({int(place) for place in hidden}, frozenset()))
    days = [date(2025, 1, 1) + timedelta(days=chance.randrange(300)) for _ in range(8)]
    first = [question(chance, number, day) for number, day in enumerate(days[:5], 1)]
    changed = question(chance, 3, days[5])
    later = [changed, question(chance, 6, days[6])]
    key = len(entries) + 1
    entries += [(key, written("300001", first)), (key + 1, written("300001", later))]
    live |= {key: {"3"}, key + 1: set()}
    rows = sorted([*(row for row in first if row.number != 3), *later], key=lambda row: row.number)
    shown.append(written("300001", rows))
    chance.shuffle(entries)
    return entries, live, sorted(shown, key=lambda record: record.event_date, reverse=True)


def divided(chance, entries, live, folder):
    """Segments of the entries: some in files, some of several merged."""
    found: list[Segment] = []
    left = list(entries)
    while left:
        own = [left.pop() for _ in range(min(len(left), chance.randint(1, 5)))]
        segment = build_segment(own, LEXICON)
        path = folder / f"{len(left)}"
        if chance.random() < 0.5:
            write(own, path, LEXICON)
            segment = open_segment(path)
        if found and chance.random() < 0.4:
            merge([found.pop(), segment], live.keys(), path, dict(entries).__getitem__)
            segment = open_segment(path)
        found.append(segment)
    return found


def told(index, text, **scope):
    result = index.search(text, limit=40, **scope)
    return [
        (hit.full_id, round(item.score, 5), round(item.confidence, 5), item.caps, item.conflicts)
        for item in (*result.candidates, *result.paragraphs)
        for hit in [item.hit]
    ], result.no_result


@pytest.mark.parametrize("seed", range(10))
def test_any_division_into_segments_finds_what_one_fresh_segment_finds(tmp_path, seed):
    chance = random.Random(seed)
    entries, live, shown = history(chance)
    segments = divided(chance, entries, live, tmp_path)
    taught = shown[0].questions[0]
    wordings = [Wording(shown[0].id, taught.number, "派息打算")]
    index = Index(segments, Shelf(entries, shown), live, lexicon=LEXICON, wordings=wordings)
    fresh = Index.of(shown, lexicon=LEXICON, wordings=wordings)
    asked = [said(chance, ASKED) for _ in range(6)] + ["派息打算", "winex", "公司怎么样"]
    for text in asked:
        for scope in (
            {},
            {"company": "300001"},
            {"as_of": date(2025, 3, 1)},
            {"company": "300000", "as_of": date(2024, 8, 1)},
        ):
            assert told(index, text, **scope) == told(fresh, text, **scope), (text, scope)
        assert told(index, f"编号{shown[0].record_no}的{text}") == told(
            fresh, f"编号{shown[0].record_no}的{text}"
        )
    for text in ("kezhuanzhai", "可转宅", "winxe", "lanhu", "蓝糊区", "bluelkae", "guquanjili"):
        assert index.query(text).text == fresh.query(text).text
    for company in ("300000", "300001"):
        alike, others = index.same_matters(company), fresh.same_matters(company)
        assert {key: {hit.id for hit in own} for key, own in alike.items()} == {
            key: {hit.id for hit in own} for key, own in others.items()
        }


@pytest.mark.parametrize("seed", range(3))
def test_merged_segments_are_what_would_have_been_counted_at_once(seed):
    chance = random.Random(seed)
    entries, live, _ = history(chance)
    kept = [entry for entry in entries if entry[0] in live]
    parts = [build_segment(entries[:4], LEXICON), build_segment(entries[3:], LEXICON)]
    merged: dict[str, list[object]] = {}
    whole: dict[str, list[object]] = {}
    merge_tables(
        parts,
        live.keys(),
        lambda name, table: merged.setdefault(name, []).extend(table),
        dict(entries).__getitem__,
    )
    merge_tables(
        [build_segment(kept, LEXICON)],
        None,
        lambda name, table: whole.setdefault(name, []).extend(table),
    )
    assert merged.keys() == whole.keys()
    for name in whole:
        assert merged[name] == whole[name], name


# Reading less than everything


def test_a_store_of_records_is_read_whole(sample):
    index = Index.of([sample.record])
    for query in read_queries(PHRASINGS):
        weights = index.query(query.text).weights()
        found = [
            index.collection.texts.weighed(weights),
            index.collection.questions.weighed(weights),
        ]
        assert sum(term.frequency for words in found for term in words) < BUDGET


def test_what_is_left_unread_is_made_up_for_where_it_counts(sample):
    chance = random.Random(4)
    others = [filed(chance, f"30000{at % 3}", at) for at in range(100)]
    collection = Index.of([sample.record, *others]).collection
    scope = collection.scope(Wanted())
    for record in others[:20]:
        words = collection.texts.weighed(
            dict.fromkeys(map(str, record.questions[0].question), 1.0)
        ) + collection.texts.weighed({"毛利": 1.0, "利率": 1.0, "2025": 1.0, "可转": 1.0})
        whole = best(words, scope, 5)
        short = best(words, scope, 5, budget=sum(term.frequency for term in words) // 2)
        assert short[0] == pytest.approx(whole[0])


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A file of 4,500 questions, all with a word in them, up to four times; and one beside it."""
    chance = random.Random(5)
    days = [date(2025, 1, 1) + timedelta(days=chance.randrange(300)) for _ in range(4_500)]
    rows = [
        Question(
            number,
            f"订单{'产能' * chance.randint(1, 4)}{chance.choice(MATTERS)}？",
            "",
            kind="platform",
            answered_at=f"{day}T10:00:00",
        )
        for number, day in enumerate(days, 1)
    ]
    fresh = filed(chance, "300002", 1)
    shelf = RecordShelf(
        [written("300001", rows), replace(fresh, questions=(Question(1, "产能", ""),))]
    )
    path = tmp_path_factory.mktemp("many") / "questions"
    write(shelf.entries[:1], path, LEXICON)
    segments = [open_segment(path), build_segment(shelf.entries[1:], LEXICON)]
    live: Live = {key: frozenset() for key, _ in shelf.entries}
    return Index(segments, shelf, live, lexicon=LEXICON).collection


def words_of(collection, terms):
    weights = dict.fromkeys(terms, 1.0)
    return [*collection.texts.weighed(weights), *collection.questions.weighed(weights, 0.5)]


def test_a_common_word_is_counted_as_often_as_it_stands_there(many):
    words = words_of(many, ["产能", "订单", "毛利", "利率", "能毛"])
    whole = best(words, many.scope(Wanted()), 4_500)
    assert len({score for _, score in whole}) > 8
    found = many.scores(words, [at for at, _ in whole]).tolist()
    assert found == [score for _, score in whole]  # to the last bit


def test_what_is_too_common_to_be_read_is_found_where_it_says_most(many):
    words = words_of(many, ["产能"])
    whole = best(words, many.scope(Wanted()), 5)
    assert best(words, many.scope(Wanted()), 5, whole=0, budget=1) == whole
    short = best(words, many.scope(Wanted()), 4_501, whole=0, budget=1)
    assert 4_500 in [at for at, _ in short]  # of a small segment, where nothing is too common


# Files


@pytest.fixture
def entries():
    return history(random.Random(1))[0]


@pytest.fixture
def path(tmp_path, entries):
    write(entries, tmp_path / "a", LEXICON)
    return tmp_path / "a"


def test_a_file_is_private_and_nothing_lies_beside_it(path):
    assert path.stat().st_mode & 0o777 == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["a"]
    assert damage(path) is None


@pytest.mark.parametrize("kept", [0, 5, 0.3, 0.9, -1])
def test_a_file_that_is_not_whole_is_told(path, kept):
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(DamagedIndexError, match="a"):
        open_segment(path)


def test_a_missing_file_and_one_of_something_else_are_told(path):
    path.write_text("SQLite format 3" * 99, encoding="utf-8")
    for what in (path, path.with_name("none"), path.parent):
        with pytest.raises(DamagedIndexError):
            open_segment(what)


def test_a_changed_byte_is_told_wherever_it_is(path):
    content = bytearray(path.read_bytes())
    used = [at for at, byte in enumerate(content) if byte]  # what is between tables counts not
    for at in random.Random(2).sample(used[16:], 200):
        changed = bytearray(content)
        changed[at] ^= 0x5A
        path.write_bytes(changed)
        with pytest.raises(DamagedIndexError):
            open_segment(path)


def test_a_full_disk_leaves_the_file_that_was_there(path, entries):
    content = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) // 2, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            write(entries, path, LEXICON)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == content
    assert [item.name for item in path.parent.iterdir()] == ["a"]


def test_a_file_may_be_replaced_and_removed_while_it_is_searched(path, entries):
    shown = [replace(record, version=0) for _, record in entries]
    live: dict[int, set[str]] = {key: set() for key, _ in entries}
    index = Index([open_segment(path)], Shelf(entries, shown), live, lexicon=LEXICON)
    before = told(index, "毛利率怎么样")
    write(entries[:2], path, LEXICON)
    path.unlink()
    assert told(index, "毛利率怎么样") == before
