"""The errata: contradictions inside the published descriptions, from known.yaml. An entry that nothing matches is an error."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from .description import Finding

MUST = {"versions", "operation", "where", "path", "keyword", "reason", "source"}
MAY = {"found", "assumed"}


def pattern(text: str) -> re.Pattern:
    """Literal but for `*`."""
    return re.compile(".*".join(re.escape(piece) for piece in text.split("*")))


@dataclass
class Erratum:
    """One entry, for the versions it names."""

    entry: dict
    used: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.patterns = {key: pattern(str(self.entry[key])) for key in ("operation", "where", "path", "keyword")}

    def matches(self, finding: Finding) -> bool:
        if finding.version not in self.entry["versions"]:
            return False
        if self.entry.get("found", finding.found) != finding.found:
            return False
        if not all(pattern.fullmatch(getattr(finding, key)) for key, pattern in self.patterns.items()):
            return False
        self.used[finding.version] = self.used.get(finding.version, 0) + 1
        return True


class Errata:
    """All entries."""

    def __init__(self, file: Path) -> None:
        entries = yaml.safe_load(file.read_text(encoding="utf-8")) or []
        for entry in entries:
            if not MUST <= entry.keys() <= MUST | MAY or not all(isinstance(v, str) for v in entry["versions"]):
                raise SystemExit(f"{file.name}: an entry needs {sorted(MUST)} and may have {sorted(MAY)}: {entry}")
        self.all = [Erratum(entry) for entry in entries]

    def explains(self, finding: Finding) -> bool:
        # Every entry that fits is marked as used, so that the order of entries does not matter.
        return any([erratum.matches(finding) for erratum in self.all])

    def used_in(self, version: str) -> int:
        return sum(1 for erratum in self.all if erratum.used.get(version))

    def assumed(self) -> list[str]:
        """Entries without a source, that something matched."""
        return [f"{e.entry['operation']}: {e.entry['path']}" for e in self.all if e.entry.get("assumed") and e.used]

    def stale(self) -> list[str]:
        """Entries, or versions of one, that nothing matched."""
        return [
            f"{version} {erratum.entry['operation']}: {erratum.entry['where']} {erratum.entry['path']} [{erratum.entry['keyword']}]"
            for erratum in self.all
            for version in erratum.entry["versions"]
            if not erratum.used.get(version)
        ]
