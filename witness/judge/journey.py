"""The questions: what the client does by itself, and everything that the twin can be asked besides."""

import json
import os
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

from .errands import errands
from .record import Book, exchange, send

TOKEN = "witness"
COMMAND_TIMEOUT = 300


@contextmanager
def twin(tajo: Path, *options: str):
    """The address of a running twin."""
    command = [tajo, "sim", "--port", "0", "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=quiet_env())
    killer = threading.Timer(COMMAND_TIMEOUT, process.kill)
    killer.start()
    try:
        yield json.loads(process.stdout.readline())["url"]
    finally:
        killer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def quiet_env(**more: str) -> dict[str, str]:
    """The environment without Tajo's own settings, and with no proxy between loopback and itself."""
    ours = ("TAJO_", "INTERCOM_", "BREVO_")
    plain = {key: value for key, value in os.environ.items() if not key.upper().startswith(ours)}
    plain = {key: value for key, value in plain.items() if not key.lower().endswith("_proxy")}
    return plain | {"CI": "1", "NO_COLOR": "1"} | more


def client(tajo: Path, home: Path, url: str, version: str) -> list[str]:
    """Tests the connection and syncs twice through `url`; returns what went wrong."""
    home.mkdir(parents=True)
    (home / "tajo.yml").write_text(
        "connectors:\n  intercom:\n"
        '    access_token: "${INTERCOM_ACCESS_TOKEN}"\n'
        f'    api_version: "{version}"\n    base_url: "{url}"\n',
        encoding="utf-8",
    )
    environment = quiet_env(INTERCOM_ACCESS_TOKEN=TOKEN, TAJO_INTERCOM_BASE_URL=url, TAJO_HOME=str(home / "home"))
    sync = ["connectors", "sync", "intercom", "--to", "sqlite:copy.db", "--json"]
    wrong = []
    modes = []
    for words in (["connectors", "test", "intercom", "--json"], sync, sync):
        ran = subprocess.run(
            [tajo, *words], cwd=home, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=COMMAND_TIMEOUT
        )
        if ran.returncode != 0:
            wrong.append(f"{version} tajo {' '.join(words[:3])}: exit {ran.returncode}: {ran.stderr.strip()[-150:]}")
        elif words is sync:
            modes.append({row["mode"] for row in json.loads(ran.stdout)["resources"]})
    if len(modes) == 2 and (modes[0] != {"full"} or "incremental" not in modes[1]):
        wrong.append(f"{version} the first sync was to be full and the second incremental: {modes}")
    return wrong


class Asker:
    """Asks the twin directly, and writes it down."""

    def __init__(self, url: str, book: Book) -> None:
        self.url, self.book, self.wrong = url, book, []

    def ask(self, method: str, target: str, expect: int, body=None, token: str | None = TOKEN, version: str | None = None):
        """Sends a request whose answer's status is known; returns the answer."""
        headers = {"accept": "application/json", "intercom-version": version or self.book.version}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        payload = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers["content-type"] = "application/json"
        answer = send(self.url, method, target, headers, payload)
        # A request is wrong on purpose unless it is for something that merely is not there.
        wrong = expect not in (200, 404, 429)
        said = exchange(self.book, method, target, headers, payload, answer, wrong=wrong)
        self.book.write(said)
        if said.status != expect:
            self.wrong.append(f"{said.version} {method} {target}: expected {expect}, got {said.status}: {said.answer[:120]!r}")
        try:
            return json.loads(said.answer)
        except ValueError:
            return {}

    def get(self, target: str, expect: int = 200, **more):
        return self.ask("GET", target, expect, **more)

    def post(self, target: str, body=None, expect: int = 200, **more):
        return self.ask("POST", target, expect, body=body, **more)

    # --- the questions -----------------------------------------------------------------------------------------------

    def everything(self) -> list[str]:
        """Asks all there is to ask; returns the statuses that were not as expected."""
        contacts = self.cursor_lists()
        self.company_lists()
        self.small_lists()
        self.one_by_one(contacts)
        self.searches(contacts)
        self.scroll()
        self.refusals(contacts)
        errands(self, contacts)
        return self.wrong

    def cursor_lists(self) -> list[dict]:
        """The lists read by cursor; returns all contacts."""
        contacts = self.follow("/contacts?per_page=150", "data")
        self.get("/contacts")
        self.follow("/conversations?per_page=25", "conversations")
        self.get("/conversations")
        return contacts

    def follow(self, target: str, key: str) -> list[dict]:
        rows, after = [], ""
        while after is not None:
            page = self.get(target + (f"&starting_after={after}" if after else ""))
            rows += page.get(key, [])
            after = (page.get("pages", {}).get("next") or {}).get("starting_after")
        return rows

    def company_lists(self) -> None:
        for query in ("", "?page=1&per_page=60&order=desc", "?page=2&per_page=15&order=asc", "?page=100"):
            self.post(f"/companies/list{query}")
        listed = self.post("/companies/list")["data"]
        one, tag = listed[0], next((tag for row in listed for tag in row["tags"]["tags"]), None)
        self.get(f"/companies?company_id={one['company_id']}")
        self.get("/companies?" + "name=" + one["name"].replace(" ", "%20").replace("&", "%26"))
        self.get("/companies?page=1&per_page=20")
        if tag:
            self.get(f"/companies?tag_id={tag['id']}&page=1&per_page=20")
        segment = self.get("/segments")["segments"][1]
        self.get(f"/companies?segment_id={segment['id']}&page=1&per_page=20")
        for row in listed[:5]:
            self.get(f"/companies/{row['id']}")
            self.get(f"/companies/{row['id']}/contacts")
            self.get(f"/companies/{row['id']}/segments")

    def small_lists(self) -> None:
        self.get("/me")
        for target in ("/tags", "/segments?include_count=true", "/admins", "/teams", "/articles", "/help_center/collections"):
            self.get(target)
        models = ["contact", "company"] + (["conversation"] if self.book.version != "2.16" else [])
        for model in models:
            self.get(f"/data_attributes?model={model}&include_archived=true")
        self.get("/data_attributes")
        if self.book.version == "2.16":
            self.get("/conversations/attributes")
            self.get("/conversations/deleted")
            self.get("/conversations/deleted?page=1&per_page=20&order=asc")

    def one_by_one(self, contacts: list[dict]) -> None:
        """Every kind by its id, and what hangs on a contact."""
        leads = [row for row in contacts if row["role"] == "lead"][:5]
        rich = sorted(contacts, key=lambda row: -sum(row[key]["total_count"] for key in ("tags", "companies", "notes")))[:10]
        noted = [row for row in contacts if row["notes"]["total_count"]][:3]
        for row in [*contacts[:5], *leads, *rich, *noted]:
            self.get(f"/contacts/{row['id']}")
            for what in ("companies", "tags", "segments", "notes"):
                self.get(f"/contacts/{row['id']}/{what}")
        for row in self.get("/conversations?per_page=20")["conversations"]:
            self.get(f"/conversations/{row['id']}?display_as=plaintext")
        for path, key in (("tags", "data"), ("segments", "segments"), ("admins", "admins"), ("teams", "teams"), ("articles", "data")):
            for row in self.get(f"/{path}")[key][:5]:
                self.get(f"/{path}/{row['id']}")

    def searches(self, contacts: list[dict]) -> None:
        at = contacts[0]["updated_at"]
        lead = next(row for row in contacts if row["role"] == "lead")
        user = next(row for row in contacts if row["role"] == "user")
        tag = self.get("/tags")["data"][0]["id"]
        of_contacts = [
            leaf("updated_at", ">", at - 86_400),
            leaf("updated_at", "<", at),
            leaf("updated_at", "=", at),
            leaf("created_at", ">", str(at - 864_000)),
            leaf("role", "=", "lead"),
            leaf("email", "=", user["email"]),
            leaf("email", "~", "a"),
            leaf("name", "^", "A"),
            leaf("name", "$", "r"),
            leaf("name", "!~", "zz"),
            leaf("email", "=", None),
            leaf("id", "IN", [lead["id"], user["id"]]),
            leaf("external_id", "NIN", ["nobody"]),
            leaf("role", "!=", "user"),
            leaf("tag_id", "=", tag),
            leaf("custom_attributes.feature_usage", ">=", 10),
            leaf("custom_attributes.onboarded", "=", True),
            group("AND", leaf("role", "=", "user"), leaf("updated_at", ">", at - 864_000)),
            group("OR", group("AND", leaf("updated_at", ">", 1), leaf("updated_at", "<", at)), group("OR", leaf("updated_at", "=", at))),
        ]
        of_conversations = [
            leaf("updated_at", ">", at - 864_000),
            leaf("updated_at", "<=", at),
            leaf("id", "!=", "1"),
            leaf("state", "=", "closed"),
            leaf("open", "=", True),
            leaf("source.body", "~", "a"),
            leaf("contact_ids", "=", user["id"]),
            leaf("tag_ids", "IN", [tag]),
            leaf("statistics.count_reopens", ">", 0),
            leaf("conversation_rating.score", "=", 5),
            group("AND", leaf("updated_at", ">", at - 8_640_000), leaf("created_at", "<", at)),
        ]
        for path, queries in (("contacts", of_contacts), ("conversations", of_conversations)):
            for query in queries:
                self.post(f"/{path}/search", {"query": query, "pagination": {"per_page": 5}})
            body = {"query": leaf("updated_at", ">", 0), "sort": {"field": "created_at", "order": "ascending"}}
            first = self.post(f"/{path}/search", body | {"pagination": {"per_page": 20}})
            after = first["pages"]["next"]["starting_after"]
            self.post(f"/{path}/search", body | {"pagination": {"per_page": 20, "starting_after": after}})

    def scroll(self) -> None:
        param = self.get("/companies/scroll")["scroll_param"]
        self.get("/companies/scroll", 400)
        self.get("/companies/scroll?scroll_param=00000000-0000-4000-8000-000000000000", 404)
        while self.get(f"/companies/scroll?scroll_param={param}")["data"]:
            pass
        self.get(f"/companies/scroll?scroll_param={param}", 404)

    def refusals(self, contacts: list[dict]) -> None:
        at = contacts[0]["updated_at"]
        for target in ("/contacts", "/companies/scroll", "/conversations", "/tags", "/me", "/admins", "/data_attributes", "/articles"):
            self.get(target, 401, token=None)
        self.post("/contacts/search", {"query": leaf("role", "=", "user")}, 401, token="")
        hexless, number = "6762f0dd0000000000000000", "1"
        for target in ("contacts", "companies", "segments"):
            self.get(f"/{target}/{hexless}", 404)
        for target in ("conversations", "tags", "admins", "teams", "articles"):
            self.get(f"/{target}/{number}", 404)
        for what in ("companies", "tags", "segments", "notes"):
            self.get(f"/contacts/{hexless}/{what}", 404)
        for what in ("contacts", "segments"):
            self.get(f"/companies/{hexless}/{what}", 404)
        self.get("/companies?company_id=nobody", 404)
        self.get("/tags", 400, version="1.99")
        self.get("/contacts?per_page=151", 400)
        self.get("/contacts?starting_after=nonsense", 400)
        self.get("/conversations?per_page=0", 400)
        self.post("/companies/list?per_page=61", None, 400)
        self.post("/companies/list?page=9999&per_page=60", None, 400)
        self.get("/articles?per_page=151", 400)
        self.get("/data_attributes?model=shoe", 400)
        if self.book.version == "2.16":
            self.get("/data_attributes?model=conversation", 422)
            self.post("/contacts/search", {"query": leaf("role", "=", "user"), "sort": {"field": "name", "order": "desc"}}, 400)
        else:
            self.get("/conversations/deleted", 400)
        for query in (
            leaf("updated_at", ">=", at),
            leaf("updated_at", "<=", at),
            leaf("updated_at", "!=", at),
            leaf("updated_at", "IN", [at]),
            leaf("shoe_size", "=", 1),
            leaf("tag_id", "IN", ["1"]),
            group("AND", *[leaf("role", "=", "user")] * 16),
        ):
            self.post("/contacts/search", {"query": query}, 400)
        self.post("/contacts/search", {"query": leaf("role", "=", "user"), "pagination": {"per_page": 151}}, 400)
        self.post("/conversations/search", {"query": leaf("shoe_size", "=", 1)}, 400)
        self.post("/conversations/search", {}, 400)


def throttled(url: str, book: Book) -> list[str]:
    """Asks a twin that allows one request per window until it refuses."""
    asker = Asker(url, book)
    for _ in range(4):
        said = asker.get("/tags", 200)
        if said.get("type") == "error.list":
            asker.wrong.clear()
            break
    for target in ("/contacts", "/companies/scroll", "/articles"):
        asker.get(target, 429)
    return asker.wrong


def leaf(field: str, operator: str, value) -> dict:
    return {"field": field, "operator": operator, "value": value}


def group(operator: str, *filters: dict) -> dict:
    return {"operator": operator, "value": list(filters)}
