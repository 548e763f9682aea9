"""R@1 and R@5 that an earlier study found for the peers, on other splits of the same corpora."""

STUDY: dict[str, dict[str, tuple[float, float]]] = {
    "afqmc": {
        "rapidfuzz WRatio": (0.123, 0.356),
        "rapidfuzz token_set_ratio over jieba": (0.158, 0.415),
        "rapidfuzz ratio": (0.237, 0.516),
        "FTS5 jieba, OR": (0.235, 0.522),
        "FTS5 characters and pairs, OR": (0.280, 0.602),
        "bm25s characters and pairs": (0.287, 0.610),
    },
    "bq": {
        "rapidfuzz WRatio": (0.140, 0.397),
        "rapidfuzz token_set_ratio over jieba": (0.160, 0.435),
        "rapidfuzz ratio": (0.268, 0.509),
        "FTS5 jieba, OR": (0.252, 0.488),
        "FTS5 characters and pairs, OR": (0.270, 0.545),
        "bm25s characters and pairs": (0.274, 0.540),
    },
    "atec": {
        "rapidfuzz ratio": (0.212, 0.451),
        "FTS5 jieba, OR": (0.226, 0.474),
    },
    "lcqmc": {
        "rapidfuzz ratio": (0.801, 0.923),
        "FTS5 jieba, OR": (0.935, 0.993),
        "FTS5 characters and pairs, OR": (0.935, 0.996),
        "bm25s characters and pairs": (0.933, 0.997),
    },
    "pawsx": {
        "rapidfuzz ratio": (0.599, 0.969),
        "FTS5 jieba, OR": (0.528, 0.978),
    },
}
