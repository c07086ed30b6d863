// The same package by `require`.
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { TajoClient, TajoConfigError, webhooks } = require('@tajo/sdk');

test('the package can be required', async () => {
  assert.equal(typeof new TajoClient({ apiKey: 'k' }).connectors.sync, 'function');
  assert.throws(() => new TajoClient({ apiKey: '' }), TajoConfigError);
  assert.equal(await webhooks.verify('{}', 'sha1=0', 'x'), false);
});
