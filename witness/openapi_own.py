#!/usr/bin/env python3
"""Judges the description of Tajo's own HTTP API: a validator that never saw our code, and the binary that serves it."""

import argparse
import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

HERE = Path(__file__).resolve().parent
KEPT = HERE.parent / "docs" / "reference" / "openapi.json"
METHODS = ("get", "post")
NAME = "urn:tajo:api"


def served(tajo: Path) -> dict:
    """The description as a running server gives it."""
    with tempfile.TemporaryDirectory() as home:
        env = {"TAJO_HOME": home, "PATH": "/usr/bin:/bin", "INTERCOM_ACCESS_TOKEN": "any"}
        command = [str(tajo), "serve", "--port", "0", "--json"]
        server = subprocess.Popen(command, cwd=home, env=env, stdout=subprocess.PIPE, text=True)
        try:
            url = json.loads(server.stdout.readline())["url"]
            with urllib.request.urlopen(f"{url}/api/v1/openapi.json", timeout=30) as answer:
                return json.load(answer)
        finally:
            server.terminate()
            server.wait(timeout=30)


def examples(document: dict) -> list[str]:
    """Examples that their own schema refuses."""
    registry = Registry().with_resource(NAME, Resource(contents=document, specification=DRAFT202012))
    wrong = []
    for path, item in document["paths"].items():
        for method in METHODS:
            media = item.get(method, {}).get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" not in media:
                continue
            named = {"$ref": NAME + media["schema"]["$ref"]}
            judge = jsonschema.Draft202012Validator(named, registry=registry)
            wrong += [f"{path}: its example: {error.message[:120]}" for error in judge.iter_errors(media["example"])]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tajo", type=Path, required=True, help="the binary")
    options = parser.parse_args()
    document = json.loads(KEPT.read_text())
    wrong = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:160]}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
    operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    names = [operation["operationId"] for operation in operations]
    wrong += [f"operationId {name} stands twice" for name in sorted({name for name in names if names.count(name) > 1})]
    wrong += examples(document)
    if served(options.tajo.resolve()) != document:
        wrong.append("the server describes another API than docs/reference/openapi.json")
    for line in wrong[:60]:
        print(f"  {line}")
    print(f"openapi own: {len(operations)} operations, {len(wrong)} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
