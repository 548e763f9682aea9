"""Whether the part of an answer that was hit may be shown alone, and what of it is offered."""

from __future__ import annotations

import re

from bot.message import Hit

# The rest of an answer that an excerpt must not leave out (design: "What a reply says").
_CAVEAT = re.compile(
    r"风险提示|免责声明|投资风险|不构成|不能视作|不代表|敬请.{0,12}注意|存在.{0,8}不确定"
    r"|以[^。；，]{1,30}为准"
)
# A part that leans on words outside itself.
_LEANS = re.compile(r"同上|如上|上述|前述|见上|上一?问|以上")
_FEW = 24  # characters of a question in a link
_COMMA = re.compile("[，,]")
_STRETCH = re.compile(r"[^。！？!?；;\n]{4,}")
_GREETING = re.compile(
    r"(?:尊敬的[^，。！：]{1,12}[，！：]|您好|你好|感谢您?(?:对[^，。！]{1,12})?的?"
    r"(?:关注|提问|支持|建议)?(?:与支持|和支持)?|谢谢您?的?(?:关注|提问)?|[，。！!,.、：:\s])*"
)


def is_excerpt(hit: Hit) -> bool:
    """Whether the part alone may be shown: the rest holds no caveat and no lead-in it needs."""
    if hit.part is None:
        return False
    part = hit.question.part(hit.part)
    if part is None:
        return False
    answer = hit.question.answer
    lead_in = answer[: min(item.answer_span[0] for item in hit.question.parts)]
    own = answer[slice(*part.answer_span)]
    rest = answer[: part.answer_span[0]] + answer[part.answer_span[1] :]
    return not (_CAVEAT.search(rest) or _LEANS.search(own) or _says_something(lead_in))


def _says_something(lead_in: str) -> bool:
    spoken = _GREETING.sub("", lead_in, count=1)
    return bool(re.sub(r"[\s（(]*[\d一二三四五①②③④⑤]*[、.．：:）)]*", "", spoken))


def offered(hit: Hit) -> str:
    """The words that stand for a hit in a list to pick from, verbatim."""
    if hit.excerpt:
        return hit.excerpt
    if hit.question.is_narrative:
        return hit.question.answer
    return quoted(hit, bool(hit.part))[0]


def quoted(hit: Hit, excerpt: bool) -> tuple[str, str]:
    """Question and answer to show, verbatim: the part's where an excerpt is meant."""
    if excerpt and hit.part:
        question = hit.question.part_question(hit.part)
        answer = hit.question.part_answer(hit.part)
        if question is not None and answer is not None:
            return question, answer
    return hit.question.question, hit.question.answer


def few_words(hit: Hit) -> str:
    """How a stored question begins, or its sentence that is near the message, for a link; up to a
    comma of its second half rather than into a clause."""
    asked = offered(hit)
    said = _GREETING.sub("", asked.strip(), count=1) or asked.strip()
    first = _STRETCH.match(said)
    words = first[0] if first else said
    if len(words) <= _FEW:
        return words.strip()
    commas = (found.start() for found in _COMMA.finditer(words, _FEW // 2, _FEW + 1))
    return words[: max(commas, default=_FEW)].strip()
