"""When two questions ask the same."""

from __future__ import annotations

import re
from datetime import date

from bot.matching.facets import read_facets
from bot.matching.lexicon import Lexicon
from bot.matching.text import normalise

_FILLER = re.compile(  # words without which a question asks the same
    "(?:贵|我们|咱们|本)?公司|请|介绍|一下|目前|当前|现阶段|现在|情况|如何|怎么样|怎样|什么样|[的了吗呢吧啊]"
)

# A question's words without filler, and the years and quarters that it means.
QuestionKey = tuple[str, frozenset[int], frozenset[int]]


def question_key(text: str, day: date, lexicon: Lexicon) -> QuestionKey:
    """Equal for two questions only if they ask the same.

    Similarity cannot tell: 光伏业务毛利率 and 风电业务毛利率 are as alike as two wordings
    of one question.

    Args:
        text: The question.
        day: When it was asked; 今年 is counted from it.
        lexicon: The word lists.
    """
    facets = read_facets(normalise(text), day, lexicon)
    # A quarter without a year is one of the record's: 三季度 is another one a year later.
    years = facets.years or frozenset({day.year} if facets.quarters else ())
    return matter_words(text), years, facets.quarters


def matter_words(text: str) -> str:
    """A question's words without filler; different ones never ask the same."""
    return "".join(filter(str.isalnum, _FILLER.sub("", normalise(text))))
