"""Brevo's own SDK against the twin: python witness.py BASE_URL

The SDK builds its models without checking them, so every answer is caught on its way and validated here against the
return type that the SDK declares; keys that the SDK does not know are listed and have to be in KNOWN below.
"""

import inspect
import sys
import time
import typing
from uuid import uuid4

import httpx
import pydantic
from brevo import (
    AddContactToListRequestBodyEmails,
    AddContactToListRequestBodyIds,
    Brevo,
    RemoveContactFromListRequestBodyIds,
)
from brevo.contacts import ImportContactsRequestJsonBodyItem
from brevo.core.api_error import ApiError
from brevo.core.pydantic_utilities import parse_obj_as
from brevo.event import CreateBatchEventsRequestEventsItem, CreateBatchEventsRequestEventsItemIdentifiers
from brevo.event import CreateEventRequestIdentifiers

# Keys of answers that SDK 5.1.0 does not know, each with where it comes from.
KNOWN = {
    "GetAccountResponse.dateTimePreferences": "samples of 2026-04-10",
    "GetProcessResponse.created_at": "samples of 2026-04-10",
    "GetProcessResponse.completed_at": "samples of 2026-04-10",
    "GetProcessesResponseProcessesItem.created_at": "samples of 2026-04-10",
    "GetProcessesResponseProcessesItem.completed_at": "samples of 2026-04-10",
    "GetEventsListEventsItem.source": "samples of 2026-04-10",
    "GetWebhook.channel": "samples of 2026-04-10",
}
PROCESS_SECONDS = 60

base = sys.argv[1].rstrip("/")
base = base if base.endswith("/v3") else base + "/v3"
answers: list[httpx.Response] = []


def catch(response: httpx.Response) -> None:
    response.read()
    answers.append(response)


web = httpx.Client(event_hooks={"response": [catch]}, timeout=30)
client = Brevo(api_key="witness", base_url=base, httpx_client=web, max_retries=0)
mark = uuid4().hex[:8]
strangers: set[str] = set()
matched: set[str] = set()
checks: list[tuple[str, typing.Callable[[], None]]] = []


def check(sentence: str):
    """Registers one check; they run in the order in which they stand here."""

    def keep(body):
        checks.append((sentence, body))
        return body

    return keep


def names_of(model: type[pydantic.BaseModel]) -> dict[str, typing.Any]:
    """Wire names of a model's fields with their types."""
    out = {}
    hints = typing.get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        metadata = getattr(hints.get(name), "__metadata__", ())
        wire = next((m.alias for m in metadata if hasattr(m, "alias")), None) or field.alias or name
        out[wire] = field.annotation
    return out


def strange(value: typing.Any, kind: typing.Any) -> None:
    """Notes every key that the declared type does not have."""
    if isinstance(value, list):
        inner = [a for k in (kind, *typing.get_args(kind)) for a in typing.get_args(k) if typing.get_origin(k) in (list, typing.List)]
        for item in value:
            strange(item, inner[0] if inner else None)
        return
    models = [k for k in (kind, *typing.get_args(kind)) if inspect.isclass(k) and issubclass(k, pydantic.BaseModel)]
    if not isinstance(value, dict) or not models or not models[0].model_fields:
        return
    fields = names_of(models[0])
    for key, inner in value.items():
        name = f"{models[0].__name__}.{key}"
        if key in fields:
            strange(inner, fields[key])
        elif name in KNOWN:
            matched.add(name)
        else:
            strangers.add(name)


def ask(method, *args, status: int | None = None, **kwargs):
    """Calls the SDK; the raw answer has to be of the declared type, and of this status if one is named."""
    answers.clear()
    result = method(*args, **kwargs)
    raw = answers[-1]
    if status is not None:
        assert raw.status_code == status, f"{method.__name__}: {raw.status_code}, not {status}"
    kind = typing.get_type_hints(method).get("return")
    if raw.content and kind is not type(None):
        parse_obj_as(kind, raw.json())
        strange(raw.json(), kind)
    return result


def refused(status: int, method, *args, **kwargs) -> dict:
    """The body of a refusal, which has to carry code and message."""
    try:
        method(*args, **kwargs)
    except ApiError as error:
        assert error.status_code == status, f"{method.__name__}: {error.status_code}, not {status}"
        body = answers[-1].json()
        assert {"code", "message"} <= body.keys(), body
        return body
    raise AssertionError(f"{method.__name__} was not refused")


def ended(process: int) -> typing.Any:
    """Waits for a process."""
    until = time.monotonic() + PROCESS_SECONDS
    while time.monotonic() < until:
        found = ask(client.process.get_process, process, status=200)
        if found.status in ("completed", "failed"):
            return found
        time.sleep(0.5)
    raise AssertionError("the process did not end")


email = f"ada-{mark}@people.example"
# Country code and ten digits that no other run is likely to have.
phone = "49151" + str(int(mark, 16) % 10**8).zfill(8)
seen: dict[str, typing.Any] = {}


@check("the account")
def _():
    account = ask(client.account.get_account, status=200)
    assert account.email and account.plan


@check("attributes are listed, created and not created twice")
def _():
    before = {a.name for a in ask(client.contacts.get_attributes, status=200).attributes}
    assert {"EMAIL", "SMS", "EXT_ID"} <= before
    name = f"PLAN_{mark.upper()}"
    ask(client.contacts.create_attribute, "normal", name, type="text", status=201)
    after = {a.name: a for a in ask(client.contacts.get_attributes).attributes}
    assert after[name].type == "text" and after[name].category == "normal"
    refused(400, client.contacts.create_attribute, "normal", name, type="text")
    ask(client.contacts.create_attribute, "category", f"KIND_{mark}", enumeration=[{"value": 1, "label": "male"}], status=201)
    ask(client.contacts.get_attributes)
    seen["attribute"] = name


@check("lists and folders")
def _():
    folder = ask(client.contacts.create_folder, name=f"folder {mark}", status=201).id
    seen["list"] = ask(client.contacts.create_list, name=f"list {mark}", folder_id=folder, status=201).id
    assert ask(client.contacts.get_list, seen["list"], status=200).folder_id == folder
    assert seen["list"] in [one.id for one in ask(client.contacts.get_lists, limit=50, status=200).lists]
    assert ask(client.contacts.get_folder_lists, folder, status=200).count == 1
    ask(client.contacts.get_folders, limit=50, status=200)
    ask(client.contacts.get_folder, folder, status=200)
    ask(client.contacts.update_list, seen["list"], name=f"renamed {mark}", status=204)
    ask(client.contacts.get_segments, status=200)


@check("a contact is created, found by five identifiers, and changed")
def _():
    attributes = {"FIRSTNAME": "Ada", seen["attribute"]: "pro", "SMS": "+" + phone, "WHATSAPP": "+" + phone}
    made = ask(client.contacts.create_contact, email=email, ext_id=f"x-{mark}", attributes=attributes, list_ids=[seen["list"]], status=201)
    seen["contact"] = made.id
    pairs = [(email, "email_id"), (made.id, "contact_id"), (f"x-{mark}", "ext_id"), (phone, "phone_id"), (phone, "whatsapp_id")]
    for value, kind in pairs:
        found = ask(client.contacts.get_contact_info, value, identifier_type=kind, status=200)
        assert found.id == made.id, kind
    raw = answers[-1].json()
    assert raw["attributes"]["SMS"] == phone and raw["attributes"]["EXT_ID"] == f"x-{mark}"
    ask(client.contacts.update_contact, made.id, identifier_type="contact_id", attributes={"FIRSTNAME": "Augusta"}, status=204)
    ask(client.contacts.create_contact, email=email, update_enabled=True, attributes={"LASTNAME": "King"}, status=204)
    assert ask(client.contacts.get_contact_info, email).attributes.model_dump()["LASTNAME"] == "King"
    ask(client.contacts.get_contact_stats, email, status=200)


@check("collisions name the identifiers")
def _():
    body = refused(400, client.contacts.create_contact, email=email)
    assert body["metadata"] == {"duplicate_identifiers": ["email"]}
    body = refused(400, client.contacts.create_contact, email=f"b-{mark}@people.example", attributes={"SMS": phone})
    assert body["metadata"] == {"duplicate_identifiers": ["SMS"]}
    assert refused(404, client.contacts.get_contact_info, f"nobody-{mark}@people.example")["code"] == "document_not_found"


@check("contacts are listed, by time, list, id and value")
def _():
    assert ask(client.contacts.get_contacts, limit=10, sort="asc", status=200).count >= 1
    query = f'equals(EMAIL,"{email}")'
    for more in ({"ids": [seen["contact"]]}, {"list_ids": [seen["list"]]}, {"filter": query}, {"modified_since": "2020-01-01T00:00:00.000Z"}):
        found = ask(client.contacts.get_contacts, limit=1000, **more)
        assert seen["contact"] in [one.id for one in found.contacts], more
    found = ask(client.contacts.get_contacts_from_list, seen["list"], limit=500, status=200)
    assert [one.id for one in found.contacts] == [seen["contact"]]
    refused(400, client.contacts.get_contacts, limit=1001)


@check("members leave and join")
def _():
    gone = ask(client.contacts.remove_contact_from_list, seen["list"], request=RemoveContactFromListRequestBodyIds(ids=[seen["contact"]]), status=201)
    assert gone.contacts.success == [seen["contact"]]
    back = ask(client.contacts.add_contact_to_list, seen["list"], request=AddContactToListRequestBodyEmails(emails=[email]), status=201)
    assert back.contacts.success == [email]
    refused(400, client.contacts.add_contact_to_list, seen["list"], request=AddContactToListRequestBodyIds(ids=[seen["contact"]]))


@check("an import ends and its failures are fetched without credentials")
def _():
    rows = [
        ImportContactsRequestJsonBodyItem(email=f"i{n}-{mark}@people.example", attributes={"FIRSTNAME": f"I{n}"}) for n in range(3)
    ]
    rows += [ImportContactsRequestJsonBodyItem(email="no address"), ImportContactsRequestJsonBodyItem(email=f"s-{mark}@people.example", attributes={"SMS": phone})]
    started = ask(client.contacts.import_contacts, json_body=rows, list_ids=[seen["list"]], disable_notification=True, status=202)
    process = ended(started.process_id)
    assert process.status == "completed" and process.name == "IMPORTUSER"
    links = answers[-1].json()["info"]["import"]
    assert "no address" in httpx.get(links["invalid_emails"]).text
    assert phone in httpx.get(links["duplicate_phone_id"]).text
    assert links["duplicate_ext_id"] is None
    listed = ask(client.process.get_processes, limit=50, status=200)
    assert started.process_id in [one.id for one in listed.processes]
    assert ask(client.contacts.get_contacts_from_list, seen["list"]).count == 4
    refused(400, client.contacts.import_contacts, json_body=rows)


@check("events are taken one by one and in batches")
def _():
    who = CreateEventRequestIdentifiers(contact_id=seen["contact"])
    ask(client.event.create_event, event_name="plan_chosen", identifiers=who, event_properties={"plan": "pro"}, status=204)
    item = CreateBatchEventsRequestEventsItem(
        event_name="plan_chosen", identifiers=CreateBatchEventsRequestEventsItemIdentifiers(contact_id=seen["contact"])
    )
    assert ask(client.event.create_batch_events, events=[item, item], status=202).count == 2
    bad = CreateBatchEventsRequestEventsItem(event_name="no such name", identifiers=item.identifiers)
    answers.clear()
    client.event.create_batch_events(events=[item, bad])
    part = answers[-1]
    assert part.status_code == 207
    from brevo import BatchEventsResponse

    parse_obj_as(BatchEventsResponse, part.json())
    assert ask(client.event.get_events, contact_id=seen["contact"], event_name="plan_chosen", status=200).count == 4


@check("companies, their attributes and their import")
def _():
    ask(client.companies.get_company_attributes, status=200)
    label = f"Tier {mark}"
    ask(client.companies.create_a_company_deal_attribute, attribute_type="text", label=label, object_type="companies", status=200)
    inner = next(a.internal_name for a in ask(client.companies.get_company_attributes) if a.label == label)
    made = ask(client.companies.create_a_company, name=f"Engines {mark}", attributes={inner: "gold"}, linked_contacts_ids=[seen["contact"]], status=200)
    shown = ask(client.companies.get_a_company, made.id, status=200)
    assert shown.attributes[inner] == "gold" and shown.linked_contacts_ids == [seen["contact"]]
    ask(client.companies.link_and_unlink_company_with_contact_and_deal, made.id, unlink_contact_ids=[seen["contact"]], status=204)
    ask(client.companies.update_a_company, made.id, name=f"Looms {mark}", status=200)
    assert len(ask(client.companies.get_all_companies, filters_attributes_name=f"Looms {mark}", status=200).items) == 1
    file = ("companies.csv", f"name,domain\nMills {mark},mills.example\n".encode(), "text/csv")
    started = ask(client.companies.import_companies_creation_and_updation, file=file, mapping={"link_entities": True}, status=200)
    assert ended(started.process_id).status == "completed"
    assert len(ask(client.companies.get_all_companies, filters_attributes_name=f"Mills {mark}").items) == 1
    ask(client.companies.delete_a_company, made.id, status=204)
    refused(404, client.companies.get_a_company, made.id)


@check("notes")
def _():
    made = ask(client.notes.create_a_note, text="<p>hello</p>", contact_ids=[seen["contact"]], status=200)
    assert ask(client.notes.get_a_note, made.id, status=200).text == "<p>hello</p>"
    ask(client.notes.update_a_note, made.id, text="bye", status=204)
    found = ask(client.notes.get_all_notes, entity="contacts", entity_ids=str(seen["contact"]), status=200)
    assert [note.text for note in found] == ["bye"]
    ask(client.notes.delete_a_note, made.id, status=204)


@check("webhooks hide unless their type is named")
def _():
    url = f"https://t.example/{mark}"
    made = ask(client.webhooks.create_webhook, url=url, type="marketing", events=["contactUpdated"], description="witness", status=201)
    urls = lambda **kind: [hook.url for hook in ask(client.webhooks.get_webhooks, status=200, **kind).webhooks]
    assert url not in urls() and url in urls(type="marketing")
    ask(client.webhooks.get_webhook, made.id, status=200)
    ask(client.webhooks.update_webhook, made.id, events=["contactDeleted"], status=204)
    ask(client.webhooks.delete_webhook, made.id, status=204)


@check("a token of the client-credentials grant opens the same doors")
def _():
    granted = ask(client.o_auth.get_o_auth_m2m_token, client_id="app", client_secret="secret", scope="contacts:read", status=200)
    bearer = Brevo(token=granted.access_token, base_url=base, httpx_client=web, max_retries=0)
    assert ask(bearer.contacts.get_contact_info, email, status=200).id == seen["contact"]
    refused(403, bearer.contacts.create_contact, email=f"t-{mark}@people.example")


@check("a contact is deleted, once")
def _():
    ask(client.contacts.delete_contact, seen["contact"], identifier_type="contact_id", status=204)
    refused(404, client.contacts.delete_contact, seen["contact"], identifier_type="contact_id")


def main() -> int:
    failed = 0
    for sentence, body in checks:
        try:
            body()
        except Exception as error:  # noqa: BLE001 - any surprise fails this check, and the next ones go on
            failed += 1
            print(f"not ok: {sentence}: {type(error).__name__}: {error}")
    for name in sorted(strangers):
        print(f"not described: {name}")
    for name in sorted(KNOWN.keys() - matched):
        print(f"never met: KNOWN has {name}")
    bad = failed + len(strangers) + len(KNOWN.keys() - matched)
    print(f"brevo-python 5.1.0: {len(checks) - failed} checks passed{f', {failed} failed' if failed else ''}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
