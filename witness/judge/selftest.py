"""Can the judge say no? Recorded exchanges are spoiled one at a time, and each must be reported as what it is."""

import json
from dataclasses import replace

from .description import Description
from .known import Errata
from .record import Exchange


def find(pages: list[Exchange], method: str, path: str, status: int = 200, query: bool = False) -> Exchange:
    """The first exchange of this kind; a path that ends in / takes any id."""
    for said in pages:
        fits = said.path.startswith(path) and said.path.count("/") == path.count("/") if path.endswith("/") else said.path == path
        if said.method == method and said.status == status and fits and not said.wrong and (said.query or not query):
            return said
    raise SystemExit(f"self-test: nothing was recorded for {method} {path} {status}")


def answer(said: Exchange, change) -> Exchange:
    value = json.loads(said.answer)
    change(value)
    return replace(said, answer=json.dumps(value).encode())


def request(said: Exchange, change) -> Exchange:
    value = json.loads(said.body)
    change(value)
    return replace(said, body=json.dumps(value).encode())


def spoiled(pages: list[Exchange]):
    """(what was done, the exchange, where and which keyword must be reported)"""
    tag, contacts = find(pages, "GET", "/tags"), find(pages, "GET", "/contacts")
    search, conversation = find(pages, "POST", "/contacts/search"), find(pages, "GET", "/conversations/")
    companies, segments = find(pages, "POST", "/companies/list", query=True), find(pages, "GET", "/segments")
    missing = find(pages, "GET", "/tags/1", 404)
    yield "an id that is a number", answer(tag, lambda v: v["data"][0].update(id=7)), "response", "type"
    yield "a time as text", answer(contacts, lambda v: v["data"][0].update(created_at="2026-11-20T10:30:00Z")), "response", "type"
    yield "null where none may be", answer(contacts, lambda v: v["data"][0].update(workspace_id=None)), "response", "type"
    yield "a list that is an object", answer(contacts, lambda v: v.update(data={})), "response", "type"
    yield "another discriminator", answer(segments, lambda v: v.update(type="list")), "response", "enum"
    yield "an invented key", answer(contacts, lambda v: v["data"][0].update(session_count=3)), "response", "undeclared"
    yield "an invented key deep inside", answer(conversation, lambda v: v["source"].update(mood="fair")), "response", "undeclared"
    yield "an error without its list", answer(missing, lambda v: v.pop("errors")), "response", "required"
    yield "an answer that is no JSON", replace(tag, answer=tag.answer[:-1]), "response", "json"
    yield "a page of HTML", replace(tag, answer_type="text/html"), "response", "content-type"
    yield "an undescribed status", replace(tag, status=418), "status", "undocumented"
    yield "an unknown path", replace(tag, path="/labels"), "path", "undescribed"
    yield "an unknown method", replace(tag, method="PATCH"), "path", "undescribed"
    yield "an undeclared parameter", replace(tag, query=(("colour", "red"),)), "query", "undeclared"
    yield "a parameter of the wrong type", replace(companies, query=(("page", "first"),)), "query", "type"
    yield "another version's header", replace(tag, headers=tag.headers | {"intercom-version": "2.9"}), "header", "mismatch"
    yield "no token", replace(tag, headers={k: v for k, v in tag.headers.items() if k != "authorization"}), "header", "missing"
    yield "a body that is not JSON", replace(search, headers=search.headers | {"content-type": "text/plain"}), "header", "mismatch"
    yield "a search without a query", request(search, lambda v: v.pop("query")), "request", "required"
    yield "a page size as text", request(search, lambda v: v["pagination"].update(per_page="5")), "request", "type"
    yield "an unknown key in a search", request(search, lambda v: v.update(colour="red")), "request", "undeclared"
    yield "a body where none belongs", replace(companies, body=b"{}"), "request", "undeclared"


def required_key(description: Description, pages: list[Exchange]):
    """Drops each required key of each kind of answer; most versions hardly require any."""
    seen = set()
    for said in pages:
        found = description.operation(said.method, said.path)
        if not found or said.status != 200 or found[0] in seen:
            continue
        seen.add(found[0])
        schema = found[1]["responses"]["200"]["content"]["application/json"].get("schema", {})
        value = json.loads(said.answer)
        required = {key for view in description.views(schema) for key in view.get("required", []) if isinstance(view["required"], list)}
        for key in sorted(required & value.keys()):
            yield f"{found[0]} without {key}", answer(said, lambda v, key=key: v.pop(key)), "response", "required"


def spoil(description: Description, pages: list[Exchange], errata: Errata) -> int:
    """The number of spoiled exchanges that went unnoticed."""
    missed = count = 0
    for what, said, where, keyword in [*spoiled(pages), *required_key(description, pages)]:
        count += 1
        # An erratum may excuse what was dropped; that it was seen is what counts there.
        excused = errata.explains if keyword != "required" else lambda _finding: False
        new = [finding for finding in description.judge(said) if not excused(finding)]
        if not any(finding.where == where and finding.keyword == keyword for finding in new):
            missed += 1
            print(f"  self-test: {what} went unnoticed; reported: {[str(finding)[:120] for finding in new[:3]]}")
    print(f"openapi {description.version} self-test: {count - missed} of {count} spoiled exchanges reported")
    return missed
