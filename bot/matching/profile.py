"""What is known of a passage once a message may mean it: its terms, sentences and facets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.matching.facets import Stored, read_facets
from bot.matching.lexicon import Lexicon
from bot.matching.passages import Passage
from bot.matching.query import stored_terms
from bot.matching.text import normalise, sentences

_WHETHER_TRUE = re.compile("属实|真的吗|是真是假|真假|真实吗|传闻|传言|网传|市场传|有消息|听说")
_TRUE_OR_NOT = re.compile(  # the answer begins with it, greetings aside
    r"(?:尊敬的[^,!:]{1,12}[,!:]|[,.!。:;\s]|感谢[^,.!。]{0,12}[,.!。])*"
    "(?:该|此|上述|以上|相关|有关)?(?:消息|传闻|传言|信息|说法|内容)?(?:为|系|是)?"
    "(?:不属实|属实|不实|不是事实|没有此事|不存在|没有|未|否|是的|不是)"
)
_THE_COMPANY = re.compile(r"(?:贵|我|本)?公司的?")


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer."""

    terms: frozenset[str]
    gives: frozenset[str]  # of "amount", "money", "when"


@dataclass(frozen=True)
class PassageProfile:
    """A passage as messages are compared with it."""

    question: str  # `bare`: letters and digits alone, without 公司
    asked: frozenset[str]  # terms of the question
    both: frozenset[str]  # of question and answer
    sentences: tuple[Sentence, ...]  # of the answer
    text: str  # normalised question and answer, without spaces and commas
    stored: Stored
    sensitive: frozenset[int]  # lines of sensitive words that it holds
    is_narrow: bool  # it confirms or denies one statement, and says nothing of what is around it


def read_profile(passage: Passage, lexicon: Lexicon, searched: str = "") -> PassageProfile:
    """Read a passage; relative words (今年) count from its record's last event.

    Args:
        passage: The passage.
        lexicon: The word lists.
        searched: What a taught wording is compared by, normalised. What the guards look at is the
            question itself.
    """
    asked, answered = normalise(passage.asked), normalise(passage.answered)
    compared = searched if passage.wording else asked
    text = f"{asked}\n{answered}"
    day = passage.day
    both = f"{compared}\n{text}" if passage.wording else text
    return PassageProfile(
        question="" if passage.question.is_narrative else bare(compared),
        asked=frozenset(stored_terms(compared, lexicon)),
        both=frozenset(stored_terms(both, lexicon)),
        text=both.replace(" ", "").replace(",", ""),
        sentences=tuple(
            Sentence(
                frozenset(stored_terms(sentence, lexicon)),
                read_facets(sentence, day, lexicon).gives,
            )
            for sentence in sentences(answered)
        ),
        stored=Stored(
            read_facets(asked, day, lexicon),
            read_facets(text, day, lexicon),
            text.replace(" ", "").replace(",", ""),
            day,
        ),
        sensitive=frozenset(lexicon.sensitive.lines(text)),
        is_narrow=bool(_WHETHER_TRUE.search(asked) and _TRUE_OR_NOT.match(answered)),
    )


def bare(text: str) -> str:
    """What is left of equal questions when one says 贵公司; of normalised text.

    >>> bare("贵公司的毛利率,是多少?")
    '毛利率是多少'
    """
    return "".join(filter(str.isalnum, _THE_COMPANY.sub("", text)))
