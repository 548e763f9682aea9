"""No doctests here: most modules need torch, which no lock names (docs/pair-model.md)."""

collect_ignore_glob = ["*.py"]
