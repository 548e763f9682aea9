"""How often the program is right, and whether it knows when: one protocol for every set.

A query file lists what people type and the ids that answer it; `ask_all` asks the bot each line
alone, `score` turns what came back into numbers. The accepted ids never reach it.
"""

from bot.evaluating.asking import JudgedQuery, ask_all, run_file
from bot.evaluating.curves import comparison, diagram
from bot.evaluating.numbers import Number, Reliability, Share, reliability, risk_coverage, score
from bot.evaluating.queries import Query, plain_id, read_queries
from bot.evaluating.report import beside, groups, report, table
from bot.evaluating.verdict import plainly

__all__ = [
    "JudgedQuery",
    "Number",
    "Query",
    "Reliability",
    "Share",
    "ask_all",
    "beside",
    "comparison",
    "diagram",
    "groups",
    "plain_id",
    "plainly",
    "read_queries",
    "reliability",
    "report",
    "risk_coverage",
    "run_file",
    "score",
    "table",
]
