#!/usr/bin/env python3
"""The figures of the README, measured: `python3 benches/figures.py [path of tajo]`.

Starts `tajo sim` on a free loopback port for each case, runs `tajo connectors sync` against it as a whole process, and
prints CPU seconds (user + system), wall seconds and peak memory of that process by the system's own accounting: median of
RUNS. Without an argument it builds the release binary first. Needs nothing but Python's standard library.
"""
import json, os, shutil, signal, sqlite3, statistics, subprocess, sys, tempfile, time

RUNS = int(os.environ.get("RUNS", "5"))
FOUR = "contacts,companies,conversations,tags"
SIZE = {"contacts": 20_000, "companies": 2_000, "conversations": 5_000, "tags": 40}
CASES = [
    # name, reach, sim flags, size, resources, runs, what is reached
    ("CPU seconds, 20,000 contacts, no latency", "cpu <= 1.0", [], SIZE, FOUR, RUNS, lambda m: m["cpu"] <= 1.0),
    ("peak memory, the same", "<= 64 MB", [], SIZE, FOUR, RUNS, lambda m: m["mb"] <= 64),
    ("peak memory, 200,000 contacts", "<= 64 MB", [], {**SIZE, "contacts": 200_000}, FOUR, 1, lambda m: m["mb"] <= 64),
    ("wall at 200 ms a call, changes over 90 days", "<= 5 s", ["--latency-ms", "200"], SIZE, FOUR, 3, lambda m: m["wall"] <= 5),
    ("wall at 200 ms, all changed on one day", "(told)", ["--latency-ms", "200", "--spread-days", "1"], SIZE, FOUR, 1, lambda m: True),
    ("1,500 conversations with parts at 200 ms", "<= 10 s", ["--latency-ms", "200"], {**SIZE, "contacts": 500, "companies": 50, "conversations": 1_500},
     "conversations,conversation_parts", 3, lambda m: m["wall"] <= 10),
    ("rows missing or doubled, faults on", "0", ["--faults"], SIZE, FOUR, 1, lambda m: m["wrong"] == 0),
]


def twin(tajo, size, flags):
    args = [tajo, "sim", "--port", "0", "--json"] + [w for k, v in size.items() for w in (f"--{k}", str(v))] + flags
    process = subprocess.Popen(args, stdout=subprocess.PIPE, text=True)
    return process, json.loads(process.stdout.readline())["url"]


def measure(tajo, url, resources, home):
    env = {**os.environ, "TAJO_INTERCOM_BASE_URL": url, "INTERCOM_ACCESS_TOKEN": "any", "TAJO_HOME": home}
    database = os.path.join(home, "intercom.db")
    started = time.monotonic()
    process = subprocess.Popen([tajo, "connectors", "sync", "intercom", "--resources", resources, "--json"], env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"the sync ended with {process.returncode}: {out[-2000:].decode()}")
    calls = sum(r["calls"] for r in json.loads(out)["resources"])
    connection = sqlite3.connect(database)
    held = {t: connection.execute(f"select count(*), count(distinct id) from {t}").fetchone() for t in SIZE if t in resources.split(",")}
    connection.close()
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "mb": usage.ru_maxrss / 1024, "calls": calls, "held": held}


def case(tajo, flags, size, resources, runs):
    process, url = twin(tajo, size, flags)
    try:
        all_runs = []
        for _ in range(runs):
            home = tempfile.mkdtemp(prefix="tajo-figures-")
            try:
                all_runs.append(measure(tajo, url, resources, home))
            finally:
                shutil.rmtree(home, ignore_errors=True)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    middle = {key: statistics.median(m[key] for m in all_runs) for key in ("cpu", "wall", "mb", "calls")}
    middle["wrong"] = sum(abs(size[t] - n) + (n - distinct) for m in all_runs for t, (n, distinct) in m["held"].items())
    return middle


def main():
    if len(sys.argv) > 1:
        tajo = os.path.abspath(sys.argv[1])
    else:
        subprocess.run(["cargo", "build", "--release", "-p", "tajo"], check=True)
        tajo = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "tajo")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start, median of {RUNS} runs where not fewer\n")
    print("| case | reach | CPU s | wall s | peak MB | calls | rows wrong | reached |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    missed = 0
    for name, reach, flags, size, resources, runs, reached in CASES:
        m = case(tajo, flags, size, resources, runs)
        ok = reached(m)
        missed += not ok
        print(f"| {name} | {reach} | {m['cpu']:.2f} | {m['wall']:.2f} | {m['mb']:.0f} | {m['calls']:.0f} | {m['wrong']} | {'yes' if ok else 'NO'} |", flush=True)
    sys.exit(1 if missed else 0)


main()
