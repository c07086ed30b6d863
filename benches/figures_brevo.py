#!/usr/bin/env python3
"""The figures of the two-way sync, measured: `python3 benches/figures_brevo.py [path of tajo] [contacts]`.

Starts `tajo sim` (Intercom and Brevo on one loopback port), loads the workspace into SQLite, then measures whole processes:
`tajo plan` and the first load into Brevo of all contacts, then 10,000 changed ones, then a quiet pass. CPU seconds and peak
memory are the system's own accounting of the process. Needs nothing but Python's standard library.
"""
import http.client, json, os, re, shutil, signal, subprocess, sys, tempfile, time

TAJO = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "tajo")
CONTACTS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
CHANGED = min(10_000, CONTACTS // 20)
CONFIG = """connectors:
  intercom:
    access_token: "${INTERCOM_ACCESS_TOKEN}"
    sync: {contacts: true, conversations: true, companies: true, tags: true, events: false}
    direction: intercom_to_brevo
    lists: {all_users: 35, active_conversations: 36, leads: 37}
  brevo: {}
field_mapping:
  email: email
  name: FULLNAME
  phone: SMS
  signed_up_at: SIGNUP_DATE
  last_seen_at: LAST_ACTIVE
  unsubscribed_from_emails: UNSUBSCRIBED
  company.name: COMPANY_NAME
  company.plan: COMPANY_PLAN
  company.size: COMPANY_SIZE
  custom_attributes.plan_tier: PLAN_TIER
  custom_attributes.feature_usage: FEATURE_USAGE
"""


def run(home, *args, ok=(0,)):
    began = time.monotonic()
    process = subprocess.Popen([TAJO, *args], cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={
        **os.environ, "TAJO_INTERCOM_BASE_URL": url, "TAJO_BREVO_BASE_URL": url + "/v3", "INTERCOM_ACCESS_TOKEN": "any",
        "BREVO_API_KEY": "any", "TAJO_HOME": home})
    out = process.stdout.read()
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in ok:
        sys.exit(f"{args} ended with {code}\n{out[-1500:].decode()}\n{said[-1500:].decode()}")
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": time.monotonic() - began, "mb": usage.ru_maxrss / 1024,
            "out": out, "said": said.decode()}


def decided(plan):
    """The processor time that the command says deciding took."""
    return float(re.search(r"Decided in ([0-9.]+) CPU s", plan["said"]).group(1))


def change(ids):
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    for id in ids:
        body = json.dumps({"name": f"Changed {id[-8:]}"})
        connection.request("PUT", f"/contacts/{id}", body, {"authorization": "Bearer any", "content-type": "application/json", "intercom-version": "2.14"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status


def ids(home, count):
    import sqlite3
    rows = sqlite3.connect(os.path.join(home, "intercom.db")).execute(
        "select id from contacts where email is not null order by id limit ?", (count,)).fetchall()
    return [row[0] for row in rows]


def waiting(home):
    """Links whose contact wants a phone number that another one has: they are not planned until it is free."""
    import sqlite3
    return sqlite3.connect(os.path.join(home, "state.db")).execute("select count(*) from links where waits_for is not null").fetchone()[0]


def row(name, reach, value, good):
    print(f"| {name} | {reach} | {value} | {'yes' if good else 'NO'} |", flush=True)
    return not good


sim = subprocess.Popen([TAJO, "sim", "--port", "0", "--json", "--contacts", str(CONTACTS), "--companies", "2000",
                        "--conversations", "5000", "--rate-limit", "0", "--brevo-tier", "unlimited"], stdout=subprocess.PIPE, text=True)
home = tempfile.mkdtemp(prefix="tajo-figures-")
missed = 0
try:
    url = json.loads(sim.stdout.readline() or sys.exit("the twin did not start"))["url"]
    with open(os.path.join(home, "tajo.yml"), "w") as file:
        file.write(CONFIG)
    run(home, "connectors", "sync", "intercom", "--only", "warehouse", "--json")
    print("| figure | reach | measured | reached |\n| --- | --- | --- | --- |")
    plan = run(home, "plan")
    took = decided(plan)
    rate = CONTACTS / took
    missed += row(f"{CONTACTS:,} contacts planned, per CPU second", ">= 20,000", f"{rate:,.0f} ({took:.1f} s; the whole command {plan['cpu']:.1f} s CPU, {plan['mb']:.0f} MB)", rate >= 20_000)
    first = run(home, "connectors", "sync", "intercom", "--yes", "--json", ok=(0, 6))
    brevo = json.loads(first["out"])["brevo"]
    missed += row(f"first load of {CONTACTS:,}: imports", "<= 60", f"{brevo['done']['imports']} ({brevo['done']['created']:,} created, {brevo['skipped']:,} skipped, {first['cpu']:.0f} s CPU, {first['wall']:.0f} s)", brevo["done"]["imports"] <= 60)
    missed += row("first load: peak memory", "<= 512 MB", f"{first['mb']:.0f} MB", first["mb"] <= 512)
    quiet = run(home, "connectors", "sync", "intercom", "--json")
    brevo = json.loads(quiet["out"])["brevo"]
    missed += row("quiet pass: writes", "0", brevo["applied"], brevo["applied"] == 0)
    # Brevo's lists are read from five minutes before the last look on: let the first load fall out of that.
    time.sleep(float(os.environ.get("SETTLE", "310")))
    run(home, "connectors", "sync", "intercom", "--json")
    change(ids(home, CHANGED))
    run(home, "connectors", "sync", "intercom", "--only", "warehouse", "--json")
    plan = run(home, "plan")
    took = decided(plan)
    missed += row(f"{CHANGED:,} changed, planned", "<= 1 CPU s", f"{took:.2f} s (with {waiting(home):,} beside them who wait for a number; the whole command {plan['cpu']:.2f} s CPU)", took <= 1.0)
    changed = run(home, "connectors", "sync", "intercom", "--json", ok=(0, 6))
    brevo = json.loads(changed["out"])["brevo"]
    # Schema and lists, a look before, a count (no look shows who was deleted, and an import would make them anew), an import
    # for each set of lists, a look at the processes, and the reading back, in pages of 1,000 that share a row with the page
    # before: without that a page can be missed.
    least = 2 + 1 + 1 + brevo["done"]["imports"] + 1 + -(-CHANGED // 999)
    missed += row(f"{CHANGED:,} changed: calls to Brevo", f"<= {least * 1.05:.1f} (least {least})", f"{brevo['calls']} ({brevo['done']['changed']:,} changed)", brevo["calls"] <= least * 1.05)
finally:
    sim.send_signal(signal.SIGTERM)
    sim.wait(20)
    shutil.rmtree(home, ignore_errors=True)
sys.exit(1 if missed else 0)
