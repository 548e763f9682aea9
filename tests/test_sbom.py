"""The bill of materials is the lock's, licences and all."""

from __future__ import annotations

import json
import re

from tests import sbom
from tests.sbom import main


def test_every_locked_package_is_in_the_bill_with_its_files_and_licence(tmp_path):
    lock = sbom._LOCK.read_text(encoding="utf-8")
    assert main(tmp_path) == 0
    bill = json.loads((tmp_path / "sbom.cdx.json").read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "irbot")
    components = {f"{item['name']}=={item['version']}": item for item in bill["components"]}
    assert len(components) == len(re.findall("(?m)^[a-z]", lock)) > 30
    for name, item in components.items():
        hashes = {found["content"] for found in item["externalReferences"][0]["hashes"]}
        (entry,) = re.findall(rf"(?m)^{re.escape(name)} .*\n(?:    --hash.*\n?)+", lock)
        assert hashes == set(re.findall("sha256:(.{64})", entry))
        assert item.get("licenses") or " ; " in entry  # for another machine
    (root,) = [item for item in bill["dependencies"] if item["ref"] == "irbot"]
    assert "waitress" in {name.partition("==")[0] for name in root["dependsOn"]}
    texts = (tmp_path / "licences.txt").read_text(encoding="utf-8")
    assert re.search(r"(?m)^waitress [\d.]+: ZPL 2.1$", texts)
    assert "Permission is hereby granted" in texts


def test_what_is_not_installed_as_locked_is_told(tmp_path, capsys):
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"waitress==0.1 \\\n    --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    assert main(tmp_path, lock) == 1
    assert "waitress==0.1" in capsys.readouterr().err
