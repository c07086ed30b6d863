#!/usr/bin/env python3
"""Judges twin and client by the API descriptions that Intercom publishes. See README.md."""

import argparse
import re
import signal
import sys
import tempfile
from pathlib import Path

from judge.description import Description, Finding
from judge.journey import Asker, client, throttled, twin
from judge.known import Errata
from judge.record import Book, Exchange, Proxy

HERE = Path(__file__).resolve().parent
LISTED_MAX = 60
TOWN = ("--contacts", "320", "--companies", "160", "--conversations", "60", "--tags", "40", "--rate-limit", "0")


def record(tajo: Path, version: str) -> tuple[Book, list[str]]:
    """Everything said in one version, and what did not go as it should."""
    book = Book(version)
    with twin(tajo, *TOWN) as url, tempfile.TemporaryDirectory() as home:
        with Proxy(url, book) as proxy:
            wrong = client(tajo, Path(home) / "client", proxy.url, version)
        wrong += Asker(url, book).everything()
    with twin(tajo, "--rate-limit", "1") as url:
        wrong += throttled(url, book)
    return book, wrong


def judge(description: Description, pages: list[Exchange], errata: Errata) -> list[Finding]:
    """Distinct findings that no erratum explains."""
    findings = dict.fromkeys(finding for said in pages for finding in description.judge(said))
    violations, seen = [], set()
    for finding in findings:
        alike = (finding.operation, finding.where, finding.path, finding.keyword)
        if not errata.explains(finding) and alike not in seen:
            seen.add(alike)
            violations.append(finding)
    return violations


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tajo", type=Path, required=True, help="the binary")
    parser.add_argument("--specs", type=Path, required=True, help="folder of intercom-VERSION.yaml")
    parser.add_argument("--known", type=Path, default=HERE / "known.yaml")
    parser.add_argument("--self-test", action="store_true", help="also spoil recorded exchanges; each must be reported")
    options = parser.parse_args()
    files = sorted(options.specs.glob("intercom-*.yaml")) if options.specs.is_dir() else []
    if not files:
        print(f"SKIPPED: no API descriptions at {options.specs}")
        return 0
    errata, tajo = Errata(options.known), options.tajo.resolve()
    failures = 0
    for file in files:
        version = re.fullmatch(r"intercom-(.+)\.yaml", file.name)[1]
        description = Description(version, file)
        book, wrong = record(tajo, version)
        violations = judge(description, book.pages, errata)
        failed = [*wrong, *map(str, violations)]
        for line in failed[:LISTED_MAX]:
            print(f"  {line[:200]}")
        if len(failed) > LISTED_MAX:
            print(f"  … and {len(failed) - LISTED_MAX} more")
        requests = sum(said.of_client for said in book.pages)
        print(
            f"openapi {version}: {requests} requests, {len(book.pages)} answers, "
            f"{errata.used_in(version)} known contradictions, {len(failed)} violations"
        )
        failures += len(failed)
        if options.self_test:
            from judge.selftest import spoil

            # With errata of its own: what it matches must not keep a stale entry alive.
            failures += spoil(description, book.pages, Errata(options.known))
    for line in errata.assumed():
        print(f"  assumed without a source: {line}")
    for line in errata.stale():
        print(f"  known.yaml: nothing matches {line}")
        failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    # So that the twins are ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
