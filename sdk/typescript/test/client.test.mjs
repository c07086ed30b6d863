// The client against the real server and the twin.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import * as sdk from '@tajo/sdk';
import { start } from './server.mjs';

const { TajoClient, TajoAuthError, TajoConfigError, TajoConnectionError, TajoInputError, TajoNotFoundError, TajoPermissionError, webhooks } = sdk;
let server;
let tajo;
before(async () => {
  server = await start();
  tajo = new TajoClient({ apiKey: server.apiKey, baseUrl: server.url });
  await tajo.connectors.connect('intercom', { accessToken: 'token_for_the_twin' });
});
after(() => server.stop());

// Shows: T-097.
test('a client without a key is refused with what to do', () => {
  assert.throws(() => new TajoClient({ apiKey: undefined }), (error) => error instanceof TajoConfigError && error.help.includes('tajo keys create'));
  assert.throws(() => new TajoClient({ apiKey: 'k', baseUrl: 'not a url' }), TajoConfigError);
});

test('actions run by name and by noun, with their warnings', async () => {
  const created = await tajo.contacts.create({ email: 'ada@lovelace.example', name: 'Ada L' });
  assert.equal(created.email, 'ada@lovelace.example');
  const read = await tajo.actions.run('intercom.contacts.get', { contact_id: created.id });
  assert.equal(read.name, 'Ada L');
  const { result, warnings } = await tajo.actions.call('companies.create', { company_id: 'acme', name: 'Acme', monthly_spend: 155.98 });
  assert.equal(result.company_id, 'acme');
  assert.match(warnings.join(), /truncated to 155/);
});

test('a list is read to its end, row by row', async () => {
  const seen = new Set();
  for await (const contact of tajo.actions.each('contacts.list', { per_page: 7 })) seen.add(contact.id);
  assert.ok(seen.size > 40, `${seen.size} contacts`);
  let companies = 0;
  for await (const _ of tajo.actions.each('companies.list', { per_page: 3 })) companies += 1;
  assert.ok(companies > 3, `${companies} companies`);
});

test('what is wrong is said by type, code, field and remedy', async () => {
  await assert.rejects(tajo.contacts.get({ contact_id: '6762f0dd0000000000000000' }), (error) => error instanceof TajoNotFoundError && error.code === 'TJ-INT-404');
  await assert.rejects(tajo.contacts.create({ email: 7 }), (error) => error instanceof TajoInputError && error.notes.field === 'email');
  await assert.rejects(tajo.actions.run('contacts.archve', {}), TajoNotFoundError);
  await assert.rejects(new TajoClient({ apiKey: 'tajo_sk_nobody', baseUrl: server.url }).connectors.status('intercom'), TajoAuthError);
  const reader = new TajoClient({ apiKey: await server.key('--name', 'reader', '--scope', 'read'), baseUrl: server.url });
  await assert.rejects(reader.contacts.create({ email: 'x@y.example' }), (error) => error instanceof TajoPermissionError && /write/.test(error.message + error.help));
  await assert.rejects(tajo.contacts.delete({ contact_id: '6762f0dd0000000000000000' }), (error) => error.code === 'TJ-STA-DESTRUCTIVE');
});

test('a server that is away is tried again, then named; a message is sent under one key', async () => {
  let keys = [];
  const flaky = createServer((request, answer) => {
    keys.push(request.headers['idempotency-key']);
    if (keys.length < 3) return request.socket.destroy();
    answer.setHeader('content-type', 'application/json');
    answer.end('{"result":{"id":"1"}}');
  });
  await new Promise((resolve) => flaky.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${flaky.address().port}`;
  const client = new TajoClient({ apiKey: 'k', baseUrl });
  assert.equal((await client.notes.create({ contact_id: 'a', body: 'b' })).id, '1');
  assert.equal(new Set(keys).size, 1, 'all attempts bear one key');
  flaky.close();
  const gone = new TajoClient({ apiKey: 'k', baseUrl: 'http://127.0.0.1:9', retries: 0 });
  await assert.rejects(gone.connectors.list(), (error) => error instanceof TajoConnectionError && error.help.includes('tajo serve'));
});

test('signatures are held against the raw bytes', async () => {
  const secret = 'shh';
  const sign = (body) => `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
  // Bodies that JSON.stringify would write in another way.
  for (const body of ['{"a":1.0}', '{"a":"\\u00e9"}', '{"a":"é"}', '{ "a": 1 }', '{"a":1}\n', '{"b":1e3}', '{"id":9007199254740993}', '{"a":"\\/"}', '{"2":1,"1":2}', '{"a":1,"a":2}', '']) {
    assert.equal(await webhooks.verify(body, sign(body), secret), true, body);
    assert.equal(await webhooks.verify(Buffer.from(body), sign(body), secret), true, body);
    assert.equal(await webhooks.verify(`${body} `, sign(body), secret), false);
  }
  const good = sign('{}');
  for (const header of [undefined, null, '', 'sha1=', good.toUpperCase(), good.slice(0, -1), `${good}0`, ` ${good}`, good.replace('sha1', 'sha256'), good.replace(/.$/, (c) => (c === '0' ? '1' : '0'))])
    assert.equal(await webhooks.verify('{}', header, secret), false, String(header));
  assert.equal(await webhooks.verify('{}', good, ''), false, 'no secret verifies nothing');
});
