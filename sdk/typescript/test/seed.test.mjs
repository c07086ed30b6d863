// The examples of the seed, as printed, against the real server and the twin.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import ts from 'typescript';
import { start } from './server.mjs';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('./seed/', import.meta.url));
const built = fileURLToPath(new URL('../.seed/', import.meta.url));
let server;
let env;
before(async () => {
  server = await start();
  env = {
    ...server.env, TAJO_API_KEY: server.apiKey, TAJO_URL: server.url, BREVO_API_KEY: 'key_for_the_twin_only',
    INTERCOM_ACCESS_TOKEN: 'token_for_the_twin',
  };
  mkdirSync(built, { recursive: true });
  for (const name of ['client', 'initialize', 'sync', 'webhook']) {
    const source = readFileSync(`${folder}${name}.ts`, 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions: { module: 'ESNext', target: 'ES2022' } });
    writeFileSync(`${built}${name}.js`, outputText);
  }
});
after(() => server.stop());

const printed = (name) => readFileSync(`${folder}${name}.ts`, 'utf8').split('// --- as printed ---\n').at(-1).trim();

test('the examples are the seed\'s own', { skip: !process.env.TAJO_SHARED || !existsSync(`${process.env.TAJO_SHARED}/seeds`) ? 'SKIPPED: no seeds beside the project' : false }, () => {
  const seeds = `${process.env.TAJO_SHARED}/seeds`;
  const text = readdirSync(seeds).map((name) => readFileSync(`${seeds}/${name}`, 'utf8')).join('\n').replaceAll('\u00a0', ' ');
  for (const name of ['initialize', 'sync', 'webhook']) assert.ok(text.includes(printed(name)), `${name} differs from the seed`);
});

// Shows: T-096, T-097, T-098, T-099, T-100, T-101, T-102.
test('connect, sync and status run as printed', async () => {
  await run(process.execPath, [`${built}initialize.js`], { env });
  const { stdout } = await run(process.execPath, [`${built}sync.js`], { env });
  assert.match(stdout, /connected: true/);
  assert.match(stdout, /lastSync: '\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ'/);
  const count = (name) => Number(new RegExp(`${name}: (\\d+)`).exec(stdout)?.[1]);
  assert.ok(count('contactsSynced') > 0 && count('conversationsSynced') > 0 && count('companiesSynced') > 0, stdout);
});

// Shows: T-108.
test('the webhook route runs as printed', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `
    await import(${JSON.stringify(`${built}webhook.js`)});
    const { app } = await import(${JSON.stringify(`${built}client.js`)});
    const listener = app.listen(0, '127.0.0.1', () => console.log(listener.address().port));
  `], { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await new Promise((resolve) => child.stdout.once('data', (text) => resolve(Number(text))));
    const body = JSON.stringify({ type: 'notification_event', topic: 'contact.user.created', id: 'notif_1', data: { item: { type: 'contact', id: '6762f0dd0000000000000000' } } });
    const post = (signature) =>
      fetch(`http://127.0.0.1:${port}/webhooks/intercom`, { method: 'POST', body, headers: { 'content-type': 'application/json', 'x-hub-signature': signature } });
    const good = `sha1=${createHmac('sha1', env.INTERCOM_CLIENT_SECRET).update(body).digest('hex')}`;
    assert.deepEqual([(await post(good)).status, (await post('sha1=0')).status], [200, 401]);
  } finally {
    child.kill('SIGKILL');
  }
});
