"""How often a damaged record is read differently and nothing is said.

    python -m tests.bench.silent_rate --trials 400

Known records (the sample's questions) are printed in every style, damaged, and read. Where pages or
questions are numbered, loss must never be silent and the tests hold it to that; where neither is, a
page may be gone without a trace, and this prints how often that goes unnoticed.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable

from tests import paper
from tests.paper import NUMBERED, UNLABELLED, UNNUMBERED, Furniture, Paper, Style

STYLES = {
    "numbered, answers labelled": NUMBERED,
    "numbered, answers unlabelled": UNLABELLED,
    "unnumbered": UNNUMBERED,
}
PAGES = {
    "n / m": (Furniture(foot="{n} / {of}"), Furniture(foot="第 {n} 页 共 {of} 页")),
    "n": (Furniture(foot="{n}"), Furniture(foot="—{n}—")),
    "none": (Furniture(),),
}
FATES: tuple[paper.Fate, ...] = ("same", "warned", "refused", "silent")
Damage = Callable[[list[str], random.Random], list[str]]


def unharmed(texts: list[str], _: random.Random) -> list[str]:
    return texts


def a_page_dropped(texts: list[str], chance: random.Random) -> list[str]:
    at = chance.randrange(len(texts))
    return texts[:at] + texts[at + 1 :]


def a_page_doubled(texts: list[str], chance: random.Random) -> list[str]:
    at = chance.randrange(len(texts))
    return texts[: at + 1] + texts[at:]


def two_pages_swapped(texts: list[str], chance: random.Random) -> list[str]:
    at = chance.randrange(len(texts) - 1)
    return [*texts[:at], texts[at + 1], texts[at], *texts[at + 2 :]]


def the_end_missing(texts: list[str], chance: random.Random) -> list[str]:
    lines = texts[-1].split("\n")
    return [*texts[:-1], "\n".join(lines[: chance.randrange(len(lines) - 1)]) + "\n"]


DAMAGES: tuple[Damage, ...] = (
    unharmed,
    a_page_dropped,
    a_page_doubled,
    two_pages_swapped,
    the_end_missing,
)


def rate(
    styles: tuple[Style, ...],
    numbers: tuple[Furniture, ...],
    damage: Damage,
    trials: int,
    seed: int,
) -> Counter[paper.Fate]:
    """The fates of so many damaged records."""
    chance, words = random.Random(seed), paper.sample_words()
    fates: Counter[paper.Fate] = Counter()
    for _ in range(trials):
        count = chance.randint(4, 9)
        start = chance.randrange(len(words) - count)
        whole = Paper(words[start : start + count], chance.choice(styles))
        lines, furniture = whole.lines(), chance.choice(numbers)
        cut = paper.pages(lines, chance.sample(range(1, len(lines)), 3))
        texts = damage(paper.printed(cut, furniture), chance)
        fates[paper.fate(paper.joined(texts, furniture), whole.truth())] += 1
    return fates


def main() -> None:
    asked = argparse.ArgumentParser(description="How often damage to a record goes unnoticed")
    asked.add_argument("--trials", type=int, default=200, help="per line of the table")
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    print("| questions | page numbers | damage | " + " | ".join(FATES) + " |")
    print("| --- " * (3 + len(FATES)) + "|")
    for style, styles in STYLES.items():
        for page, numbers in PAGES.items():
            for damage in DAMAGES:
                fates = rate(styles, numbers, damage, options.trials, options.seed)
                shares = " | ".join(f"{fates[fate] / options.trials:.1%}" for fate in FATES)
                print(f"| {style} | {page} | {damage.__name__.replace('_', ' ')} | {shares} |")


if __name__ == "__main__":
    main()
