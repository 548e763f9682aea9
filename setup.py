"""Where the packages of a wheel lie in the project; all else is in pyproject.toml."""

from setuptools import find_namespace_packages, setup

# Folders of pages and styles count as packages, as they do to Python; else setuptools complains.
ROOMS = find_namespace_packages(include=["bot*", "handlers*"], exclude=["*.__pycache__"])

setup(
    packages=["irbot", *(f"irbot.{room}" for room in ROOMS), "irbot.records"],
    package_dir={
        "irbot.bot": "bot",
        "irbot.handlers": "handlers",
        "irbot.records": "data/records",  # the sample, for `irbot start`
    },
)
