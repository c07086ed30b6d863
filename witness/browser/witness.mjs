// OAuth as a person does it, in a real browser: node witness.mjs PATH-OF-TAJO
//
// The twin asks, the person clicks, `tajo connectors connect intercom --oauth` listens. Whatever is wrong with an answer
// (another browser, a state that was used or changed, a no) is refused, and nothing is stored.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const tajo = resolve(process.argv[2] ?? "tajo");
const run = promisify(execFile);
const place = mkdtempSync(join(tmpdir(), "tajo-browser-"));
const home = join(place, "home");
const children = new Set();
const SECRET = "client-secret-of-the-browser-witness";
const EXPECTED = 7;

let passed = 0;
const check = (name, body) =>
  it(name, { timeout: 90_000 }, async () => {
    await body();
    passed += 1;
  });

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(place, { recursive: true, force: true });
  console.log(`browser: ${passed} of ${EXPECTED} checks passed`);
  // Fewer checks than written down here means that some never ran.
  if (passed < EXPECTED) process.exitCode = 1;
});

/** The environment without Tajo's own settings. */
function environment(more = {}) {
  const plain = Object.entries(process.env).filter(([key]) => !/^(TAJO_|INTERCOM_|BREVO_)|_proxy$/i.test(key));
  return { ...Object.fromEntries(plain), CI: "1", NO_COLOR: "1", ...more };
}

/** A process whose lines can be awaited one by one. */
function start(args, more = {}) {
  const child = spawn(tajo, args, { env: environment(more), stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = "";
  child.stderr.on("data", (data) => (said += data));
  const ended = new Promise((done) => child.on("close", (code) => (children.delete(child), done(code))));
  const line = async () => {
    const { value, done } = await lines.next();
    assert(!done, `tajo ${args.join(" ")} said no more: ${said}`);
    return value;
  };
  return { line, ended, said: () => said };
}

let twin, browser, settings;

/** Begins to connect; `next` gives the address to open. */
function connecting(name) {
  const app = { INTERCOM_CLIENT_ID: "app-of-the-witness", INTERCOM_CLIENT_SECRET: SECRET };
  const args = ["connectors", "connect", "intercom", "--oauth", "--port", "0", "--json", "--name", name];
  const process = start(args, { ...settings, ...app });
  return { ...process, next: async () => JSON.parse(await process.line()).start_url };
}

async function listed() {
  const { stdout } = await run(tajo, ["connectors", "list", "--json"], { env: environment(settings) });
  return JSON.parse(stdout).connections;
}

/** Opens the start page and clicks; the twin's answer is held back, so that its address can be tried in other ways first. */
async function allow(page, url) {
  const authorize = `${twin}/oauth/authorize`;
  let back;
  // A redirect cannot be held back itself, but the answer that asks for it can.
  await page.route(authorize, async (route) => {
    const answer = await route.fetch({ maxRedirects: 0 });
    back = answer.headers().location;
    await route.fulfill({ status: 200, contentType: "text/plain", body: "held back" });
  });
  await page.goto(url);
  await page.getByRole("button", { name: "Authorize access" }).click();
  await page.getByText("held back").waitFor();
  await page.unroute(authorize);
  return back;
}

/** Opens a page and gives its status and text. */
async function open(page, url) {
  const answer = await page.goto(url);
  return { status: answer.status(), text: await page.locator("body").innerText() };
}

describe("OAuth in a browser", { concurrency: false }, () => {
  before(async () => {
    const sim = start(["sim", "--port", "0", "--json", "--contacts", "3", "--companies", "1", "--conversations", "1"]);
    twin = JSON.parse(await sim.line()).url;
    settings = { TAJO_HOME: home, TAJO_INTERCOM_BASE_URL: twin };
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });
  after(async () => {
    await browser?.close();
    for (const child of children) child.kill("SIGTERM");
  });

  let command, mine, address;

  check("an answer opened in another browser is refused", async () => {
    command = connecting("acme");
    mine = await (await browser.newContext()).newPage();
    address = await allow(mine, await command.next());
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/oauth\/intercom\/callback\?code=[^&]+=&state=[0-9a-f]{64}$/);
    const other = await (await browser.newContext()).newPage();
    const { status, text } = await open(other, address);
    assert.equal(status, 400);
    assert.match(text, /another browser/);
    assert.deepEqual(await listed(), []);
  });

  check("a state that was used is refused, in the right browser too", async () => {
    const { status, text } = await open(mine, address);
    assert.equal(status, 400);
    assert.match(text, /used already/);
    assert.deepEqual(await listed(), []);
  });

  check("a changed state is refused and spends nothing", async () => {
    address = await allow(mine, await command.next());
    const state = new URL(address).searchParams.get("state");
    for (const forged of [state.replace(/./g, "0"), state.slice(1), ""]) {
      const { status } = await open(mine, address.replace(state, forged));
      assert.equal(status, 400, forged);
    }
    assert.deepEqual(await listed(), []);
    assert(!existsSync(join(home, "master.key")), "nothing was sealed");
  });

  check("the right answer in the right browser connects", async () => {
    const { status, text } = await open(mine, address);
    assert.equal(status, 200);
    assert.match(text, /Connected to Town \(us\)/);
    assert.equal(await command.ended, 0, command.said());
    const [made] = await listed();
    assert.equal(made.name, "acme");
    assert.equal(made.kind, "oauth");
    assert.match(made.token, /^tok_…/);
    await run(tajo, ["connectors", "test", "intercom", "--connection", "acme"], { env: environment(settings) });
    for (const file of readdirSync(home)) {
      const bytes = readFileSync(join(home, file)).toString("latin1");
      assert(!bytes.includes(SECRET) && !bytes.includes("dG9r"), `${file} holds a secret`);
    }
  });

  check("the same answer once more changes nothing", async () => {
    const earlier = await listed();
    // The command has ended; a server would answer 400.
    const answer = await mine.goto(address).catch(() => undefined);
    assert(answer === undefined || answer.status() === 400);
    assert.deepEqual(await listed(), earlier);
  });

  check("a click and nothing else connects", async () => {
    const command = connecting("plain");
    const page = await (await browser.newContext()).newPage();
    await page.goto(await command.next());
    await page.getByRole("button", { name: "Authorize access" }).click();
    await page.getByRole("heading", { name: "Connected to Town (us)" }).waitFor();
    assert.equal(await command.ended, 0, command.said());
    assert.deepEqual((await listed()).map((connection) => connection.name), ["acme", "plain"]);
  });

  check("a click on Cancel stores nothing", async () => {
    const command = connecting("never");
    const page = await (await browser.newContext()).newPage();
    await page.goto(await command.next());
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.match(await page.locator("body").innerText(), /Access was not granted/);
    assert.equal(await command.ended, 77, command.said());
    assert.equal((await listed()).length, 2);
  });
});
