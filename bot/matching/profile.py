"""What is known of a passage once a message may mean it: its terms, sentences and facets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from bot.matching.facets import Stored, given
from bot.matching.lexicon import Lexicon
from bot.matching.passages import Passage
from bot.matching.query import taught_terms
from bot.matching.terms import stored_terms
from bot.matching.text import LONGEST_SENTENCE, normalise, sentences

_WHETHER_TRUE = re.compile("属实|真的吗|是真是假|真假|真实吗|传闻|传言|网传|市场传|有消息|听说")
_TRUE_OR_NOT = re.compile(  # the answer begins with it, greetings aside
    r"(?:尊敬的[^,!:]{1,12}[,!:]|[,.!。:;\s]|感谢[^,.!。]{0,12}[,.!。])*"
    "(?:该|此|上述|以上|相关|有关)?(?:消息|传闻|传言|信息|说法|内容)?(?:为|系|是)?"
    "(?:不属实|属实|不实|不是事实|没有此事|不存在|没有|未|否|是的|不是)"
)
_THE_COMPANY = re.compile(r"(?:贵|我|本)?公司的?")

_READ = 3_000  # passages that are kept, some 30 KB each: all of a company


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer."""

    text: str
    terms: frozenset[str]

    @cached_property
    def gives(self) -> frozenset[str]:
        """Of "amount", "money", "when"."""
        return given(self.text)


@dataclass(frozen=True)
class PassageProfile:
    """A passage as messages are compared with it; what few of them want is read when one does."""

    question: str  # `bare`: letters and digits alone, without 公司
    asked: frozenset[str]  # terms of the question
    both: frozenset[str]  # of question and answer
    taught: frozenset[str]  # of the matter in other words for it
    sentences: tuple[Sentence, ...]  # of the answer
    stored: Stored
    is_narrow: bool  # it confirms or denies one statement, and says nothing of what is around it

    @cached_property
    def sensitive(self) -> frozenset[int]:
        """Lines of sensitive words that it holds."""
        return frozenset(self.stored.lexicon.sensitive.lines(self.stored.said))


def read_profile(passage: Passage, lexicon: Lexicon) -> PassageProfile:
    """Read a passage; relative words (今年) count from its record's last event."""
    told = passage.asked, passage.answered, passage.day
    is_question = not passage.question.is_narrative
    return profile_reader(lexicon)(*told, is_question, passage.wordings)


@lru_cache(maxsize=2)
def profile_reader(lexicon: Lexicon) -> Callable[..., PassageProfile]:
    """What reads a passage, each once however often the store changes."""

    @lru_cache(maxsize=_READ)
    def read(
        asked: str, answered: str, day: date, is_question: bool, wordings: tuple[str, ...]
    ) -> PassageProfile:
        asked, answered = normalise(asked), normalise(answered)
        own = frozenset(stored_terms(asked, lexicon))
        said = tuple(
            Sentence(sentence, frozenset(stored_terms(sentence, lexicon)))
            for sentence in sentences(answered)
        )
        # No term crosses a sentence's end, but where a very long one was cut.
        is_cut = any(len(sentence.text) >= LONGEST_SENTENCE for sentence in said)
        whole = stored_terms(answered, lexicon) if is_cut else ()
        return PassageProfile(
            question=bare(asked) if is_question else "",
            asked=own,
            both=own.union(whole, *(sentence.terms for sentence in said)),
            taught=frozenset(taught_terms(wordings, lexicon)),
            sentences=said,
            stored=Stored(asked, f"{asked}\n{answered}", day, lexicon),
            is_narrow=bool(_WHETHER_TRUE.search(asked) and _TRUE_OR_NOT.match(answered)),
        )

    return read


def bare(text: str) -> str:
    """What is left of equal questions when one says 贵公司; of normalised text.

    >>> bare("贵公司的毛利率,是多少?")
    '毛利率是多少'
    """
    return "".join(filter(str.isalnum, _THE_COMPANY.sub("", text)))
