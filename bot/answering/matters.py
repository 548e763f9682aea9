"""One matter over time: which of the events at which a company was asked it speaks.

Questions of one company that ask the same at several events are one thread. The newest answer
that covers what was typed speaks; one that does not neither blocks nor displaces. The measures are
a study's over stores of several records: of its 54 messages answered right so, 33 were before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from bot.matching.ranking import Candidate
from bot.matching.standing import is_same_answer, is_same_matter

# Of what question and answer, and the answer alone, of the best candidate hold of the message.
_COVERED, _COVERED_BY_ANSWER = 0.7, 0.66
_SPEAKS = 0.8  # confidence from which a newer covering candidate speaks in place of the best
# Confidence from which a hit at another event is linked, and from which one that covers what was
# typed is: on *fit* .9 links an answer, two of three of them accepted.
_NAMED, _NAMED_COVERING = 0.3, 0.15


def event(item: Candidate) -> date:
    """The last day of the event at which it was asked."""
    return item.passage.day


def _gives_way(item: Candidate, best: Candidate) -> bool:
    """Whether a newer row would speak in place of a filed answer that it may not displace."""
    row = item.passage.question
    if not row.is_from_table or best.passage.question.is_from_table:
        return False
    return row.kind == "table" or is_same_answer(item.passage, best.passage)


def is_covered(item: Candidate, best: Candidate) -> bool:
    """Whether a candidate holds most of what the best one holds of the message."""
    one, other = item.features, best.features
    return (
        one.both >= _COVERED * other.both
        and one.answer >= _COVERED_BY_ANSWER * other.answer
        and not set(item.conflicts) - set(best.conflicts)
    )


def speaker(ranked: Sequence[Candidate]) -> Candidate:
    """Who answers: the newest that covers what was typed and is sure, else the best.

    Args:
        ranked: Best first; not empty.
    """
    best = ranked[0]
    if best.is_exact:
        return best
    newer = [
        item
        for item in _of_its_company(ranked, best)
        if not _gives_way(item, best)
        and event(item) > event(best)
        and (item.confidence >= _SPEAKS or is_same_answer(item.passage, best.passage))
    ]
    return max((item for item in newer if is_covered(item, best)), key=event, default=best)


def filed_first(ranked: Sequence[Candidate]) -> list[Candidate]:
    """A filed record's answer in the place of what was imported in rows and answers the same.

    What comes from a table is not checked against its original, so it gives way to any filed
    answer to the question; a platform's answer does where it says the same, or is not newer.
    """
    found = list(ranked)
    for at, item in enumerate(found):
        if not item.passage.question.is_from_table:
            continue
        place = next(
            (behind for behind in range(at + 1, len(found)) if _is_filed_twin(found[behind], item)),
            None,
        )
        if place is not None:
            twin = found.pop(place)
            likelier = max(twin.confidence, item.confidence)
            found.insert(
                at, replace(twin, confidence=likelier, is_exact=item.is_exact, caps=item.caps)
            )
    return found


def _is_filed_twin(filed: Candidate, row: Candidate) -> bool:
    if filed.passage.question.is_from_table or filed.conflicts:
        return False
    if not is_same_matter(filed.passage, row.passage):
        return False
    is_older = event(filed) < event(row) and row.passage.question.kind == "platform"
    return not is_older or is_same_answer(filed.passage, row.passage)


def at_other_events(ranked: Sequence[Candidate], chosen: Candidate) -> list[Candidate]:
    """Candidates of the same company and matter at other events, newest first."""
    found = [
        item
        for item in _of_its_company(ranked, chosen)
        if event(item) != event(chosen)
        and (item.confidence >= _NAMED or _is_told_again(item, ranked[0], chosen))
    ]
    return sorted(found, key=event, reverse=True)


def _is_told_again(item: Candidate, best: Candidate, chosen: Candidate) -> bool:
    is_near = item.confidence >= _NAMED_COVERING or is_same_matter(item.passage, chosen.passage)
    return is_near and is_covered(item, best)


def _of_its_company(ranked: Sequence[Candidate], one: Candidate) -> list[Candidate]:
    company = one.passage.record.company_code
    return [item for item in ranked if item.passage.record.company_code == company]
