"""Measure irbot and its peers on the same queries in one run, and write docs/accuracy.md.

    python -m tests.bench.accuracy DATA      DATA: folder of the public sets

The in-domain part needs IR_TEST_RECORDS; without it the public sets alone are measured, and the
result goes to standard output instead of docs/.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from bot.config import Caution
from bot.evaluating import JudgedQuery, ask_all, comparison, diagram, groups, reliability
from tests.bench.runs import BY_WORDS, FIRST, IRBOT, Runs, in_domain, public
from tests.bench.sets import WITH_MEANING, public_sets
from tests.bench.tables import (
    BANDS,
    agreement_text,
    agreements,
    by_matcher,
    cell,
    changed,
    costs,
    grid,
    grouped,
    short,
)
from tests.eval.archive_scores import ask, companies, inside, outside
from tests.eval.split import FOLDER, read_split
from tests.eval.stores import ASKED_AT, Company, Library

DOCS = Path(__file__).parents[2] / "docs"

_CAUTIONS: tuple[Caution, ...] = ("strict", "normal")  # IR_CAUTION of the first section
_IN_DOMAIN = (
    "R@1", "R@5", "MRR@10", "wrong@50%", "AURC", "in-cov@<=5%", "yield@<=1%", "yield@<=5%",
    "AUC near", "AUC far",
)  # fmt: skip
_DENSE = ("R@1", "R@5", "MRR@10", "AUC far")  # incomplete labels: the rest means nothing there
_BROAD = (
    "R@1", "R@5", "MRR@10", "wrong@50%", "in-cov@<=5%", "yield@<=5%", "AUC near", "AUC far",
)  # fmt: skip
_DRAWN = (  # the last one on top
    "rapidfuzz WRatio, question+answer", "FTS5 jieba, OR, question+answer",
    "bm25s characters and pairs, question+answer", FIRST, IRBOT,
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: make bench DATA=folder-of-the-public-sets", file=sys.stderr)
        return 2
    records = os.environ.get("IR_TEST_RECORDS")
    if records and not Library.archive_beside(Path(records)).is_dir():
        print(f"no folder archive beside {records}: the page would lack a part", file=sys.stderr)
        return 2
    _tell("public sets")
    on_public: dict[str, Runs] = {}
    for each in public_sets(Path(arguments[0])):
        on_public[each.name] = public(each)
        _tell(f"  {each.name}: {len(each.rows)} stored, {len(each.queries)} queries")
    if not records:
        _tell("IR_TEST_RECORDS is not set: the public sets only, docs/ stays as it is")
        print(_public_text(on_public) + _costs_text(on_public))
        return 0
    _tell("real records")
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(records), Path(folder))
        archive = archive_text(library)
        text, runs = _in_domain(library)
    drawn = {name: runs[name] for name in _DRAWN}
    _write("reliability.svg", diagram(runs[IRBOT]))
    _write("risk-coverage.svg", comparison(drawn))
    all_runs = {"judge companies": runs, **on_public}
    _write("accuracy.md", _HEAD + archive + text + _public_text(on_public) + _costs_text(all_runs))
    return 0


_HEAD = """# How often irbot is right, and how often it knows

Written by a command; do not edit. Every share stands with its 95 % interval (Wilson). R@1, R@5, \
MRR@10: an accepted question first, among five, mean of 1/rank. Queries sorted by confidence and \
answered above a threshold: *wrong@50%* is the share of wrong ones among the surest half of the \
answerable queries, AURC the mean risk over all coverages (0 is perfect), *in-cov@≤5%* the largest \
share of the answerable queries that can be answered with 5 % wrong; *yield@≤5%* the same with the \
unanswerable queries among them: right answers / answerable queries. AUC near, far: the chance \
that an answerable query gets more confidence than one that sounds covered but is not, or than one \
about something else.

    make bench DATA=folder              # this page and its plots; IR_TEST_RECORDS=folder of records
    irbot eval FILE --plot PLOT.svg     # the same numbers for your own queries over your own store
    python -m tests.eval.archive_scores # the first section alone, and each message with its verdict
    python -m tests.eval.count          # how many phrasings, by company, style and kind

"""


_ARCHIVE = """## Over all records of a company

Each store holds every record of one company that there is a copy of, as a company's own bot \
would; each message is asked alone. Nothing is tuned on *judge*; *fit* may be looked at.

- *right*: all that was asked and is stored is answered, and nothing else; *wrong*: of the \
answers, those with an official answer that is not accepted, whatever was asked
- *1st sight*: the reply begins with an accepted official answer, given as the answer or as the \
likely one; *1st wrong*: of the replies that begin with one, those where it is not accepted
- *helped*: for all that was asked and is stored an accepted question is answered or offered
- *newest*: of right answers to what questions of several events answer, those of the last event; \
*named*: of the others, those that name it
- *offers*: questions a list; *precision*: of those, the accepted, where something stored answers; \
*chars*: characters of a list, *likely*: of one that shows its best answer; both medians
- *near*: nothing answers, though the words are close; *far*: about something else; *narrative*: \
only official words that answer no question do

"""


def archive_text(library: Library) -> str:
    """What a person gets over stores of all records of a company, both halves, two cautions."""
    halves = {half: companies(library, half) for half in ("judge", "fit")}
    sizes = "; ".join(f"*{half}*: {_sizes(found)}" for half, found in halves.items())
    return f"{_ARCHIVE}Stores: {sizes}.\n\n" + "".join(
        f"### {half.capitalize()}, {caution}\n\n{what_a_person_gets(ask(found, caution))}\n"
        for half, found in halves.items()
        for caution in _CAUTIONS
    )


def _sizes(stores: Sequence[Company]) -> str:
    return ", ".join(
        f"{each.code} (records: {len(each.records())}, questions: {len(each.rows(False))})"
        for each in stores
    )


def what_a_person_gets(rows: Sequence[JudgedQuery]) -> str:
    """Two tables by store and in total: what is in scope, and what is not."""
    named = {"all": rows, **groups(rows)["company"]}
    return "\n".join(grid(*part(named, cell)) for part in (inside, outside))


def _in_domain(library: Library) -> tuple[str, Runs]:
    split = read_split()
    judge = [library.company(FOLDER / f"{code}.tsv") for code in split.judge]
    fit = [library.company(FOLDER / f"{code}.tsv") for code in split.fit]
    together = library.together([FOLDER / f"{code}.tsv" for code in (*split.judge, *split.fit)])
    runs = in_domain(judge)
    return _in_domain_text(judge, fit, together, runs), runs


def _in_domain_text(
    judge: Sequence[Company], fit: Sequence[Company], together: Company, runs: Runs
) -> str:
    asked = runs[IRBOT]
    calibration = reliability(asked)
    inside = sum(bool(row.query.accept) for row in asked)
    unread = [id_ for each in (*judge, *fit) for id_ in each.unread]
    lost = f" Not readable, so never found: {', '.join(unread)}." if unread else ""
    sizes = ", ".join(f"{each.code} ({len(each.rows(False))} questions)" for each in judge)
    cautions = {
        f"{caution}{', without a model' * (not with_meaning)}": [
            row
            for each in judge
            for row in ask_all(each.responder(caution, with_meaning), each.queries)
        ]
        for with_meaning in (True, False)
        for caution in get_args(Caution)
    }
    normal = cautions["normal"]
    responder = together.responder()
    codes = {each.code for each in judge}
    judged = [query for query in together.queries if query.company in codes]
    elsewhere = {
        "judge, a store for each company (as above)": asked,
        "judge, all companies in one store, the chat set to the company": [
            row for query in judged for row in ask_all(responder, [query], query.company)
        ],
        "judge, all companies in one store": list(ask_all(responder, judged)),
        "fit, a store for each company": [
            row for each in fit for row in ask_all(each.responder(), each.queries)
        ],
    }
    return f"""## Over single records: the judge companies

{inside} phrasings that the records answer and {len(asked) - inside} that they do not, typed by \
hand as investors type, labelled by reading the documents. Nothing is tuned on them. Companies: \
{sizes}. Each company's messages are asked of a store that holds only the records its labels \
name; all matchers get the same text and the same queries, irbot through the same path as a chat, \
asked on {ASKED_AT:%Y-%m-%d}, with the model of the default install. \
"question" and "question+answer" say what a peer searched.

{by_matcher(runs, _IN_DOMAIN)}
*in-cov* and *yield* stand at the best threshold chosen on these same queries: what a confidence \
could be worth. Their intervals do not cover that choice.

### Same queries, other result

{changed(runs)}
### What the program really does

{by_matcher({name: runs[name] for name in (IRBOT, BY_WORDS, FIRST)}, BANDS)}
By `IR_CAUTION`:

{by_matcher(cautions, BANDS)}
What a person gets at strict, as in the first section:

{what_a_person_gets(asked)}
With other stores, and on the companies that tuning may look at. In one store with all companies a \
message that names none may find another company's answer, which its labels call wrong.{lost}

{by_matcher(elsewhere, ("R@1", "R@5", "AUC near", "AUC far", *BANDS[1:]))}
### By kind, style and company

{grouped(asked, lambda query: query.kind, "kind")}
{grouped(asked, lambda query: query.style, "style")}
{grouped(asked, lambda query: query.company, "company")}
The same at `normal`, by kind and company:

{grouped(normal, lambda query: query.kind, "kind")}
{grouped(normal, lambda query: query.company, "company")}
### Does it know when?

![Reliability diagram and risk–coverage curve of irbot](reliability.svg)

Expected calibration error {short(calibration.ece) if calibration else "–"}: ten bins of equal \
size by confidence over the queries with a ranked question, mean of |confidence − share right| \
weighted by size. An out-of-scope query is never right, so the figure belongs to this mix.

![Risk–coverage curves of irbot and its peers](risk-coverage.svg)

"""


def _public_text(on_public: dict[str, Runs]) -> str:
    wordy = [name for name in on_public if name not in WITH_MEANING]
    parts = [
        f"""## On public pair corpora

Stored questions without answers, queries from other pairs; one threshold, the same program. The \
corpora are not fully labelled: in afqmc, bq and atec most confident "errors" are paraphrases that \
nobody labelled, so only finding and AUC far mean something there. In {" and ".join(wordy)} irbot \
is measured by words alone, for the time that the model takes. `WRatio` and `token_set_ratio` \
take 10 ms a query and more and are left out where the study has no figure for them. The corpora \
are not part of this repository.

"""
    ]
    for name, runs in on_public.items():
        rows = runs[IRBOT]
        inside = sum(bool(row.query.accept) for row in rows)
        names = _DENSE if name in ("afqmc", "bq", "atec") else _BROAD
        parts.append(f"### {name}: {inside} in scope, {len(rows) - inside} out\n\n")
        parts.append(by_matcher(runs, names) + "\n")
    found = [item for name, runs in on_public.items() for item in agreements(name, runs)]
    parts.append(f"### Do the peers' figures come out again?\n\n{agreement_text(found)}\n")
    return "".join(parts)


def _costs_text(runs: dict[str, Runs]) -> str:
    return f"""## Cost

Milliseconds a query, p50 / p99, warm, one process on a shared machine: compare columns of one run \
only. These are the figures that change from run to run.

{costs(runs)}"""


def _write(name: str, text: str) -> None:
    DOCS.mkdir(exist_ok=True)
    (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
    _tell(f"wrote docs/{name}")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
