// Intercom's own SDK against the twin, and against what `tajo connectors sync` stored: node witness.mjs PATH-OF-TAJO
//
// Two readers written by different people, one of them the vendor's, must see the same workspace.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { Intercom, IntercomClient, IntercomError } from "intercom-client";

const tajo = resolve(process.argv[2] ?? "tajo");
const manifest = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"));
const sdk = `intercom-client ${manifest.dependencies["intercom-client"]}`;
const run = promisify(execFile);
const home = mkdtempSync(join(tmpdir(), "tajo-witness-"));
const children = [];
const MISSING = "6762f0dd0000000000000000";

let passed = 0;
let failed = 0;
const check = (name, body) =>
  it(name, { timeout: 60_000 }, async () => {
    failed += 1;
    await body();
    failed -= 1;
    passed += 1;
  });

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(home, { recursive: true, force: true });
  console.log(`sdk ${sdk}: ${passed} checks passed${failed ? `, ${failed} failed` : ""}`);
  // Fewer checks than written down here means that some never ran.
  if (passed < EXPECTED) process.exitCode = 1;
});
const EXPECTED = 24;

/** The environment without Tajo's own settings. */
function environment(more = {}) {
  const plain = Object.entries(process.env).filter(([key]) => !/^(TAJO_|INTERCOM_|BREVO_)|_proxy$/i.test(key));
  return { ...Object.fromEntries(plain), CI: "1", NO_COLOR: "1", ...more };
}

/** Starts a twin and gives its address. */
async function twin(...options) {
  const child = spawn(tajo, ["sim", "--port", "0", "--json", ...options], {
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line).url;
  throw new Error("the twin said nothing");
}

const connect = (baseUrl, more = {}) => new IntercomClient({ baseUrl, token: "witness", version: "2.14", ...more });

/** Every item of a page and those after it, by the SDK's own paging; counts the pages. */
async function all(first) {
  const page = await first;
  const items = [...page.data];
  let pages = 1;
  while (page.hasNextPage()) {
    await page.getNextPage();
    items.push(...page.data);
    pages += 1;
  }
  return { items, pages };
}

const ids = (items) => items.map((item) => String(item.id)).sort();
const where = (field, operator, value) => ({ field, operator, value });

/** Rows of the copy, read by Python, since this node has no SQLite. */
function rows(query) {
  const code =
    "import json,sqlite3,sys; print(json.dumps(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall()))";
  return JSON.parse(execFileSync("python3", ["-c", code, join(home, "copy.db"), query], { encoding: "utf8", maxBuffer: 1 << 26 }));
}
const column = (query) => rows(query).map(([value]) => String(value)).sort();

let url;
let client;
let contacts;
let companies;
let conversations;

before(async () => {
  url = await twin("--contacts", "320", "--companies", "130", "--conversations", "45", "--tags", "30", "--rate-limit", "0");
  client = connect(url);
  await run(tajo, ["connectors", "sync", "intercom", "--to", `sqlite:${join(home, "copy.db")}`, "--json"], {
    cwd: home,
    maxBuffer: 1 << 26,
    env: environment({ TAJO_INTERCOM_BASE_URL: url, INTERCOM_ACCESS_TOKEN: "witness", TAJO_HOME: join(home, "home") }),
  });
});
after(() => children.forEach((child) => child.kill("SIGKILL")));

describe("lists equal the copy", () => {
  check("contacts, over three pages", async () => {
    const { items, pages } = await all(client.contacts.list({ per_page: 150 }));
    contacts = items;
    assert.equal(pages, 3);
    assert.equal(items.length, 320);
    assert.deepEqual(ids(items), column("select id from contacts"));
  });
  check("contacts' addresses, not only their ids", async () => {
    const seen = contacts.map((contact) => [contact.id, contact.email ?? null]).sort();
    assert.deepEqual(seen, rows("select id, email from contacts").sort());
  });
  check("conversations, page by page", async () => {
    const { items, pages } = await all(client.conversations.list({ per_page: 20 }));
    conversations = items;
    assert.equal(pages, 3);
    assert.deepEqual(ids(items), column("select id from conversations"));
  });
  check("companies, by scroll", async () => {
    // The SDK's loop ends when an answer has no scroll_param; the twin, like the vendor's text, ends with an empty page.
    const page = await client.companies.scroll({});
    companies = [...page.data];
    while (page.data.length > 0) {
      await page.getNextPage();
      companies.push(...page.data);
    }
    assert.equal(companies.length, 130);
    assert.deepEqual(ids(companies), column("select id from companies"));
  });
  check("companies, by list: those with users", async () => {
    const { items } = await all(client.companies.list({ page: 1, per_page: 60 }));
    const inhabited = companies.filter((company) => company.user_count > 0);
    assert.ok(inhabited.length < companies.length);
    assert.deepEqual(ids(items), ids(inhabited));
  });
  check("tags", async () => {
    assert.deepEqual(ids((await client.tags.list()).data), column("select id from tags"));
  });
  check("segments", async () => {
    assert.deepEqual(ids((await client.segments.list({ include_count: true })).segments), column("select id from segments"));
  });
  check("admins and teams", async () => {
    assert.deepEqual(ids((await client.admins.list()).admins), column("select id from admins"));
    assert.deepEqual(ids((await client.teams.list()).teams), column("select id from teams"));
  });
  check("articles", async () => {
    const { items } = await all(client.articles.list());
    assert.deepEqual(ids(items), column("select id from articles"));
  });
  check("data attributes, by model and full name", async () => {
    const seen = [];
    for (const model of ["contact", "company", "conversation"]) {
      seen.push(...(await client.dataAttributes.list({ model })).data.map((row) => `${row.model} ${row.full_name}`));
    }
    assert.deepEqual(seen.sort(), column("select model || ' ' || full_name from data_attributes"));
  });
});

describe("single records and what hangs on them", () => {
  check("a contact, a company, a conversation", async () => {
    assert.equal((await client.contacts.find({ contact_id: contacts[7].id })).email, contacts[7].email);
    assert.equal((await client.companies.find({ company_id: companies[7].id })).name, companies[7].name);
    assert.equal((await client.conversations.find({ conversation_id: conversations[7].id })).id, conversations[7].id);
  });
  check("every conversation's parts are in the copy", async () => {
    const parts = [];
    for (const { id } of conversations) {
      const one = await client.conversations.find({ conversation_id: id });
      parts.push(...one.conversation_parts.conversation_parts);
    }
    assert.deepEqual(ids(parts), column("select id from conversation_parts"));
  });
  check("the tags of contacts are in the copy", async () => {
    const seen = [];
    for (const contact of contacts) {
      if (contact.tags.total_count === 0) continue;
      const { data } = await client.contacts.listAttachedTags({ contact_id: contact.id });
      seen.push(...data.map((tag) => `${contact.id} ${tag.id}`));
    }
    assert.ok(seen.length > 0);
    assert.deepEqual(seen.sort(), column("select contact_id || ' ' || tag_id from contact_tags"));
  });
  check("who is asking", async () => {
    assert.equal((await client.admins.identify()).app.region, "US");
  });
});

describe("searches", () => {
  check("contacts by role, over pages", async () => {
    const query = where("role", "=", "user");
    const { items, pages } = await all(client.contacts.search({ query, pagination: { per_page: 50 } }));
    assert.ok(pages >= 3);
    assert.deepEqual(ids(items), column("select id from contacts where role = 'user'"));
  });
  check("contacts by address", async () => {
    const { email } = contacts.find((contact) => contact.email);
    const { items } = await all(client.contacts.search({ query: where("email", "=", email) }));
    assert.deepEqual(ids(items), column(`select id from contacts where email = '${email.replaceAll("'", "''")}'`));
  });
  check("conversations by updated_at", async () => {
    const times = conversations.map((row) => row.updated_at).sort((a, b) => a - b);
    const query = { operator: "AND", value: [where("updated_at", ">", times[10]), where("updated_at", "<", times[30])] };
    const { items } = await all(client.conversations.search({ query, pagination: { per_page: 5 } }));
    const expected = conversations.filter((row) => row.updated_at > times[10] && row.updated_at < times[30]);
    assert.deepEqual(ids(items), ids(expected));
  });
});

describe("refusals", () => {
  // `tajo sim` accepts any token but none at all, so the wrong token is the empty one.
  check("no valid token", async () => {
    await assert.rejects(connect(url, { token: "" }).tags.list(), Intercom.UnauthorizedError);
  });
  check("what hangs on a contact that is not there", async () => {
    await assert.rejects(client.contacts.listAttachedTags({ contact_id: MISSING }), (error) => {
      assert.ok(error instanceof Intercom.NotFoundError);
      assert.equal(error.body.errors[0].code, "not_found");
      return true;
    });
  });
  check("a contact that is not there", async () => {
    // The description lists no 404 for this one operation, so the SDK generated from it has no class for it.
    await assert.rejects(client.contacts.find({ contact_id: MISSING }), (error) => {
      assert.ok(error instanceof IntercomError);
      assert.equal(error.statusCode, 404);
      assert.equal(error.body.errors[0].message, "User Not Found");
      return true;
    });
  });
  check("other records that are not there", async () => {
    await assert.rejects(client.companies.find({ company_id: MISSING }), Intercom.NotFoundError);
    await assert.rejects(client.conversations.find({ conversation_id: "1" }), Intercom.NotFoundError);
    await assert.rejects(client.tags.find({ tag_id: "1" }), Intercom.NotFoundError);
    await assert.rejects(client.articles.find({ article_id: 1 }), Intercom.NotFoundError);
  });
  check("an unknown version", async () => {
    await assert.rejects(client.tags.create({ name: "x" }, { version: "1.99" }), (error) => {
      assert.ok(error instanceof Intercom.BadRequestError);
      assert.equal(error.body.errors[0].code, "intercom_version_invalid");
      return true;
    });
  });
  check("the rate limit, as an error with its headers", async () => {
    const slow = connect(await twin("--rate-limit", "1"), { maxRetries: 0 });
    const refused = async () => {
      // Two requests could fall on both sides of a window's end; three cannot.
      for (let n = 0; n < 3; n += 1) await slow.tags.list();
    };
    await assert.rejects(refused(), (error) => {
      assert.ok(error instanceof IntercomError);
      assert.equal(error.statusCode, 429);
      assert.equal(error.body.errors[0].code, "rate_limit_exceeded");
      assert.equal(error.rawResponse.headers.get("x-ratelimit-remaining"), "0");
      return true;
    });
  });
  check("the rate limit, waited out by the SDK's own retries", async () => {
    const patient = connect(await twin("--rate-limit", "1"));
    for (let n = 0; n < 3; n += 1) assert.equal((await patient.tags.list()).type, "list");
  });
});
