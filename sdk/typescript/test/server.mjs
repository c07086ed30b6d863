// A twin and a server of the real binary (TAJO_BIN), for one test file.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const tajo = resolve(process.env.TAJO_BIN ?? 'tajo');

async function started(args, env, children) {
  const child = spawn(tajo, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    child.stdout.resume();
    return JSON.parse(line);
  }
  throw new Error(`${args.join(' ')} said nothing`);
}

/** Starts both; `stop` ends them and removes what they wrote. */
export async function start() {
  const home = mkdtempSync(join(tmpdir(), 'tajo-sdk-'));
  const children = [];
  const bare = { PATH: process.env.PATH, HOME: home, TAJO_HOME: home };
  const sim = await started(['sim', '--port', '0', '--json', '--contacts', '60', '--companies', '8', '--conversations', '40', '--rate-limit', '0'], bare, children);
  const env = { ...bare, TAJO_INTERCOM_BASE_URL: sim.url, TAJO_BREVO_BASE_URL: `${sim.url}/v3`, INTERCOM_CLIENT_SECRET: 'secret_of_the_twin' };
  const key = async (...args) => JSON.parse((await run(tajo, ['keys', 'create', '--json', ...args], { env, cwd: home })).stdout).key;
  const apiKey = await key('--name', 'tests', '--scope', 'read', '--scope', 'sync', '--scope', 'write', '--scope', 'admin');
  const serve = await started(['serve', '--port', '0', '--json'], { ...env, PWD: home }, children);
  assert.ok(serve.url, 'serve says where it listens');
  const stop = () => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  };
  process.on('exit', stop);
  return { url: serve.url, sim: sim.url, apiKey, key, env, home, stop };
}
