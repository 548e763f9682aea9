"""What others would use to find a stored question: each ranks, none refuses.

Every peer is given (id, text) rows and answers with [(id, score)], best first. All texts pass
through one normaliser (NFKC, case folded, punctuation to spaces), as each library's own manual
would have it. The score is the confidence: the library's number, raw.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache

from rapidfuzz import fuzz, process

LIMIT = 10
Row = tuple[str, str]  # id, text
Ranking = list[tuple[str, float]]
Matcher = Callable[[str], Ranking]

_NO_WORD = re.compile(r"[\W_]+")
_RUN = re.compile(r"[a-z0-9]+|[^\sa-z0-9]+")


def normal(text: str) -> str:
    """
    >>> normal("ＣＤＵ 今年，怎么样？")
    'cdu 今年 怎么样'
    """
    return _NO_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def grams(text: str) -> list[str]:
    """Every character and every adjacent pair; runs of Latin letters and digits whole.

    >>> grams("CDU怎么样")
    ['cdu', '怎', '么', '样', '怎么', '么样']
    """
    found: list[str] = []
    for run in _RUN.findall(normal(text)):
        if run[0].isascii():
            found.append(run)
        else:
            found += [*run, *(run[at : at + 2] for at in range(len(run) - 1))]
    return found


def jieba_words(text: str) -> list[str]:
    """The words that jieba sees."""
    return [word for word in _jieba().lcut(normal(text)) if word.strip()]


def fuzzy(
    scorer: Callable[..., float], prepared: Callable[[str], str] = normal
) -> Callable[[Sequence[Row]], Matcher]:
    """The whole store scanned with one of rapidfuzz's scorers."""

    def build(rows: Sequence[Row]) -> Matcher:
        texts = [prepared(text) for _, text in rows]

        def search(text: str) -> Ranking:
            best = process.extract(prepared(text), texts, scorer=scorer, limit=LIMIT)
            return [(rows[at][0], score) for _, score, at in best]

        return search

    return build


def fts5(tokens: Callable[[str], list[str]]) -> Callable[[Sequence[Row]], Matcher]:
    """SQLite's full-text index, any token of the message, ranked by its bm25()."""

    def build(rows: Sequence[Row]) -> Matcher:
        db = sqlite3.connect(":memory:")
        db.execute("CREATE VIRTUAL TABLE stored USING fts5(id UNINDEXED, words)")
        db.executemany(
            "INSERT INTO stored VALUES (?, ?)",
            [(id_, " ".join(tokens(text))) for id_, text in rows],
        )

        def search(text: str) -> Ranking:
            wanted = " OR ".join(f'"{token}"' for token in dict.fromkeys(tokens(text)))
            if not wanted:
                return []
            found = db.execute(
                "SELECT id, -rank FROM stored WHERE words MATCH ? ORDER BY rank, rowid LIMIT ?",
                (wanted, LIMIT),
            )
            return list(found)

        return search

    return build


def bm25s_grams(rows: Sequence[Row]) -> Matcher:
    """bm25s over characters and pairs, its default parameters."""
    import bm25s

    # A term of its own, so that no document is empty and no vocabulary is.
    documents = [[*grams(text), "\x00"] for _, text in rows]
    index = bm25s.BM25()
    index.index(documents, show_progress=False)
    known = {token for document in documents for token in document}

    def search(text: str) -> Ranking:
        wanted = [token for token in dict.fromkeys(grams(text)) if token in known]
        if not wanted:
            return []
        best, scores = index.retrieve(
            [wanted], k=min(LIMIT, len(rows)), show_progress=False, return_as="tuple"
        )
        return [
            (rows[int(at)][0], float(score))
            for at, score in zip(best[0], scores[0], strict=True)
            if score > 0
        ]

    return search


def tantivy_grams(rows: Sequence[Row]) -> Matcher:
    """tantivy, Lucene's like in Rust, over characters and pairs; any token of the message."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(heap_size=500_000_000, num_threads=1)
    for id_, text in rows:
        writer.add_document(tantivy.Document(words=" ".join(grams(text)), id=id_))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(text: str) -> Ranking:
        wanted = [
            (tantivy.Occur.Should, tantivy.Query.term_query(schema, "words", token))
            for token in dict.fromkeys(grams(text))
        ]
        if not wanted:
            return []
        found = searcher.search(tantivy.Query.boolean_query(wanted), LIMIT).hits
        return [(searcher.doc(address)["id"][0], score) for score, address in found]

    return search


@cache
def _jieba():
    import logging

    import jieba

    jieba.setLogLevel(logging.ERROR)
    jieba.initialize()
    return jieba


PEERS: dict[str, Callable[[Sequence[Row]], Matcher]] = {
    "rapidfuzz WRatio": fuzzy(fuzz.WRatio),
    "rapidfuzz token_set_ratio over jieba": fuzzy(
        fuzz.token_set_ratio, lambda text: " ".join(jieba_words(text))
    ),
    "rapidfuzz ratio": fuzzy(fuzz.ratio),
    "FTS5 jieba, OR": fts5(jieba_words),
    "FTS5 characters and pairs, OR": fts5(grams),
    "bm25s characters and pairs": bm25s_grams,
}
SLOW = ("rapidfuzz WRatio", "rapidfuzz token_set_ratio over jieba")  # 10 ms a query and more
