"""What a support team does: tickets, replies, articles, away mode, messages, exports. Asked after everything that only reads."""


def errands(asker, contacts: list[dict]) -> None:
    """Asks for every write and every smaller read that the twin has."""
    user = next(row for row in contacts if row["role"] == "user" and row["email"])
    admin = asker.get("/admins")["admins"][0]["id"]
    asker.get("/ticket_types")
    tickets(asker, user, admin)
    conversations(asker, user, admin)
    people(asker, user, admin)
    help_center(asker, int(admin))
    staff(asker, user, admin)
    exports(asker)


def since(asker, version: str) -> bool:
    """Whether the version spoken is that one or a later one."""
    number = lambda text: int(text.split(".")[1])
    return number(asker.book.version) >= number(version)


def put(asker, target: str, body, expect: int = 200):
    return asker.ask("PUT", target, expect, body=body)


def delete(asker, target: str, expect: int = 200, body=None):
    return asker.ask("DELETE", target, expect, body=body)


def tickets(asker, user: dict, admin: str) -> None:
    kinds = {kind["name"]: kind for kind in asker.get("/ticket_types")["data"]}
    for kind in kinds.values():
        asker.get(f"/ticket_types/{kind['id']}")
    if since(asker, "2.12"):
        asker.get("/ticket_states")
    bug = kinds["Bug report"]
    severity = next(a for a in bug["ticket_type_attributes"]["data"] if a["name"] == "Severity")
    option = severity["input_options"]["list_options"][0]["id"]
    attributes = {"_default_title_": "It broke", "Severity": option, "Reproducible": True, "Orders affected": 3}
    made = asker.post("/tickets", {"ticket_type_id": bug["id"], "contacts": [{"id": user["id"]}], "ticket_attributes": attributes})
    asker.post("/tickets", {"ticket_type_id": bug["id"], "contacts": [{"email": "somebody@new.example"}]})
    asker.post("/tickets", {"ticket_type_id": bug["id"], "contacts": [{"id": user["id"]}], "ticket_attributes": {"Colour": 1}}, 400)
    path = f"/tickets/{made['id']}"
    asker.get(path)
    if since(asker, "2.12"):
        state = bug["ticket_states"]["data"][1]["id"]
        change = {"ticket_state_id": state, "assignee_id": admin, "admin_id": int(admin)}
        put(asker, path, {"ticket_state_id": "1"}, 400)
    else:
        change = {"state": "in_progress", "assignment": {"admin_id": admin, "assignee_id": admin}}
    put(asker, path, change | {"ticket_attributes": {"_default_title_": "It broke again"}, "open": True})
    for kind in ("comment", "note"):
        asker.post(f"{path}/reply", {"type": "admin", "message_type": kind, "admin_id": admin, "body": "Hello"})
    asker.post(f"{path}/reply", {"type": "user", "message_type": "comment", "intercom_user_id": user["id"], "body": "Still"})
    asker.get(path)
    tag = asker.get("/tags")["data"][0]["id"]
    asker.post(f"{path}/tags", {"id": tag, "admin_id": admin})
    delete(asker, f"{path}/tags/{tag}", body={"admin_id": admin})
    delete(asker, f"{path}/tags/{tag}", 404, body={"admin_id": admin})
    for field, value in (("created_at", 1), ("updated_at", 1)):
        query = {"field": field, "operator": ">", "value": value}
        asker.post("/tickets/search", {"query": query, "pagination": {"per_page": 1}})
    asker.post("/tickets/search", {"query": {"field": "ticket_state", "operator": "=", "value": "resolved"}}, 400)
    if since(asker, "2.13"):
        delete(asker, path)
        delete(asker, path, 404)


def conversations(asker, user: dict, admin: str) -> None:
    made = asker.post("/conversations", {"from": {"type": "user", "id": user["id"]}, "body": "Hello"})
    path = f"/conversations/{made['conversation_id']}"
    offer = [{"text": "Yes", "uuid": "a5e1c524-5ddd-4c3e-9328-6bca5d6e3edb"}]
    if since(asker, "2.12"):
        asker.post(f"{path}/reply", {"type": "admin", "message_type": "quick_reply", "admin_id": admin, "reply_options": offer})
    reply = {"type": "user", "message_type": "comment", "intercom_user_id": user["id"], "body": "Thanks"}
    said = asker.post("/conversations/last/reply", reply)
    asker.post(f"{path}/customers", {"admin_id": admin, "customer": {"email": "another@new.example"}})
    delete(asker, f"{path}/customers/{user['id']}", body={"admin_id": admin})
    other = asker.get(path)["contacts"]["contacts"][0]["id"]
    delete(asker, f"{path}/customers/{other}", 422, body={"admin_id": admin})
    part = said["conversation_parts"]["conversation_parts"][-1]["id"]
    redaction = {"type": "conversation_part", "conversation_id": made["conversation_id"], "conversation_part_id": part}
    asker.post("/conversations/redact", redaction)
    asker.post("/conversations/redact", redaction | {"conversation_part_id": "1"}, 404)
    kinds = {kind["name"]: kind["id"] for kind in asker.get("/ticket_types")["data"]}
    asker.post(f"{path}/convert", {"ticket_type_id": kinds["Outage"]}, 400)
    asker.post(f"{path}/convert", {"ticket_type_id": kinds["Bug report"], "attributes": {"_default_title_": "It broke"}})
    asker.get(f"{path}?display_as=plaintext")
    if since(asker, "2.13"):
        delete(asker, path)


def people(asker, user: dict, admin: str) -> None:
    kinds = asker.get("/subscription_types")["data"]
    path = f"/contacts/{user['id']}/subscriptions"
    for kind in kinds:
        asker.post(path, {"id": kind["id"], "consent_type": kind["consent_type"]})
    asker.get(path)
    asker.get(f"/contacts/{user['id']}")
    delete(asker, f"{path}/{kinds[0]['id']}")
    delete(asker, f"{path}/{kinds[0]['id']}", 404)
    asker.post(path, {"id": "1", "consent_type": "opt_in"}, 404)
    asker.get("/contacts/6762f0dd0000000000000000/subscriptions", 404)
    noted = asker.post(f"/contacts/{user['id']}/notes", {"body": "Hello", "admin_id": admin})
    asker.get(f"/notes/{noted['id']}")
    asker.get("/notes/1", 404)
    lead = asker.post("/contacts", {"role": "lead", "email": user["email"]})
    asker.post("/contacts/merge", {"from": lead["id"], "into": user["id"]})
    if since(asker, "2.16"):
        asker.get(f"/contacts/{user['id']}/merge_history")
        asker.get("/contacts/6762f0dd0000000000000000/merge_history", 404)
    if since(asker, "2.13"):
        blocked = asker.post("/contacts", {"role": "lead"})
        asker.post(f"/contacts/{blocked['id']}/block")


def help_center(asker, author: int) -> None:
    outer = asker.get("/help_center/collections")["data"][0]["id"]
    made = asker.post("/help_center/collections", {"name": "New", "description": "Things"})
    asker.post("/help_center/collections", {"description": "Things"}, 400)
    asker.get(f"/help_center/collections/{made['id']}")
    put(asker, f"/help_center/collections/{made['id']}", {"name": "Newer", "parent_id": outer})
    article = asker.post("/articles", {"title": "Spring", "author_id": author, "body": "<p>Here</p>", "state": "published"})
    asker.post("/articles", {"title": "Spring"}, 400)
    put(asker, f"/articles/{article['id']}", {"title": "Summer"})
    asker.get(f"/articles/{article['id']}")
    asker.get("/articles/search?phrase=summer&state=published&highlight=true")
    asker.get("/articles/search?phrase=invoice")
    delete(asker, f"/articles/{article['id']}")
    delete(asker, f"/articles/{article['id']}", 404)
    delete(asker, f"/help_center/collections/{made['id']}")
    asker.get(f"/help_center/collections/{made['id']}", 404)
    center = asker.get("/help_center/help_centers")["data"][0]["id"]
    asker.get(f"/help_center/help_centers/{center}")
    asker.get("/help_center/help_centers/1", 404)


def staff(asker, user: dict, admin: str) -> None:
    put(asker, f"/admins/{admin}/away", {"away_mode_enabled": True, "away_mode_reassign": False})
    put(asker, "/admins/1/away", {"away_mode_enabled": True, "away_mode_reassign": False}, 404)
    asker.get("/admins/activity_logs?created_at_after=1")
    asker.get("/admins/activity_logs?created_at_after=1&created_at_before=2")
    message = {"message_type": "in_app", "body": "Hello"}
    message |= {"from": {"type": "admin", "id": int(admin)}, "to": {"type": "user", "id": user["id"]}}
    asker.post("/messages", message)
    asker.post("/messages", message | {"create_conversation_without_contact_reply": True})
    asker.post("/messages", message | {"body": ""}, 400)
    asker.post("/messages", message | {"message_type": "email"}, 422)


def exports(asker) -> None:
    span = {"created_at_after": 1, "created_at_before": 2}
    job = asker.post("/export/content/data", span)["job_identifier"]
    asker.post("/export/content/data", span, 429)
    asker.get(f"/export/content/data/{job}")
    asker.post(f"/export/cancel/{job}")
