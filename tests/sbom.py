"""What irbot installs, from its lock: a CycloneDX bill of materials, and every licence's text.

    python -m tests.sbom FOLDER

The lock says which versions and files; their licences are in what is installed here. What the lock
has for other machines alone is in the bill, without a licence where nothing here tells it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_LOCK = Path(__file__).parents[1] / "requirements.txt"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_TEXTS = re.compile(r"(?i)\b(licen[cs]es?|copying|notice|authors)\b")


@dataclass(frozen=True)
class Locked:
    """One line of the lock."""

    name: str  # normalised
    version: str
    marker: str  # of the machines that get it; empty: all
    hashes: tuple[str, ...]  # SHA-256 of its files
    installed: Distribution | None  # here, in this version


def locked(lock: str) -> Iterator[Locked]:
    """The lines of a lock as `uv pip compile --generate-hashes` writes them."""
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        requirement = Requirement(entry.split("\\\n")[0].split("--hash")[0].strip())
        (specifier,) = requirement.specifier
        name, version = canonicalize_name(requirement.name), specifier.version
        yield Locked(
            name,
            version,
            str(requirement.marker or ""),
            tuple(_HASH.findall(entry)),
            _installed(name, version),
        )


def _installed(name: str, version: str) -> Distribution | None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    return found if found.version == version else None


def licence(found: Distribution) -> str:
    """An SPDX expression where the package has one, else what it calls its licence."""
    named = [
        classifier.rpartition(" :: ")[2]
        for classifier in found.metadata.get_all("Classifier") or []
        if classifier.startswith("License ::") and classifier != "License :: OSI Approved"
    ]
    # The old field may hold the whole text.
    field, expression = _field(found, "License"), _field(found, "License-Expression")
    return expression or ("" if "\n" in field else field) or " / ".join(named)


def _field(found: Distribution, name: str) -> str:
    return str(found.metadata[name]).strip() if name in found.metadata else ""


def bill(lines: Iterable[Locked]) -> Bom:
    """The bill of materials, with what needs what on this machine."""
    bom, factory = Bom(), LicenseFactory()
    own = distribution("irbot")
    root = Component(
        name="irbot",
        version=own.version,
        type=ComponentType.APPLICATION,
        bom_ref="irbot",
        licenses=[factory.make_from_string(licence(own))],
    )
    bom.metadata.component = root
    components = {line: _component(line, factory) for line in lines}
    bom.components.update(components.values())
    here = {line.name: component for line, component in components.items() if line.installed}
    needs = {line.name: _needed(line.installed) for line in components if line.installed}
    for component, names in [(root, _needed(own)), *((here[name], needs[name]) for name in needs)]:
        bom.register_dependency(component, [here[name] for name in names if name in here])
    return bom


def _component(line: Locked, factory: LicenseFactory) -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=found) for found in line.hashes]
    page = XsUri(f"https://pypi.org/project/{line.name}/{line.version}/")
    said = licence(line.installed) if line.installed else ""
    return Component(
        name=line.name,
        version=line.version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{line.name}=={line.version}",
        purl=PackageURL("pypi", None, line.name, line.version),
        licenses=[factory.make_from_string(said)] if said else [],
        external_references=[
            ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=page, hashes=hashes)
        ],
        properties=[Property(name="irbot:marker", value=line.marker)] if line.marker else [],
    )


def _needed(found: Distribution) -> set[str]:
    """What it requires on this machine, without its extras."""
    requirements = map(Requirement, found.requires or [])
    return {
        canonicalize_name(item.name)
        for item in requirements
        if item.marker is None or item.marker.evaluate({"extra": ""})
    }


def texts(lines: Iterable[Locked]) -> Iterator[str]:
    """Each package's licence: its name, and the texts that it brings."""
    for line in lines:
        if line.installed is None:
            continue
        yield f"{'=' * 78}\n{line.name} {line.version}: {licence(line.installed)}\n{'=' * 78}\n"
        for file in line.installed.files or []:
            if ".dist-info" in file.parts[0] and _TEXTS.search(file.name):
                yield f"{file.locate().read_text('utf-8', errors='replace').strip()}\n\n"  # type: ignore[attr-defined]


def missing(lines: Iterable[Locked]) -> list[str]:
    """What this machine should have and has not in the lock's version, or without a licence."""
    return [
        f"{line.name}=={line.version}"
        for line in lines
        if (not line.marker or Requirement(f"x; {line.marker}").marker.evaluate())  # type: ignore[union-attr]
        and not (line.installed and licence(line.installed))
    ]


def main(folder: Path, lock: Path = _LOCK) -> int:
    """Write both; 1 where something is missing."""
    lines = list(locked(lock.read_text(encoding="utf-8")))
    lacking = missing(lines)
    if lacking:
        print(
            f"not installed as locked, or without a licence: {', '.join(lacking)}", file=sys.stderr
        )
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    bom, texts_file = folder / "sbom.cdx.json", folder / "licences.txt"
    outputter = make_outputter(bill(lines), OutputFormat.JSON, SchemaVersion.V1_6)
    bom.write_text(outputter.output_as_string(indent=2), encoding="utf-8")
    texts_file.write_text("".join(texts(lines)), encoding="utf-8")
    print(f"{bom}: {len(lines)} packages\n{texts_file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
