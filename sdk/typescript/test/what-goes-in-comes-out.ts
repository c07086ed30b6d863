// Held by the compiler alone: what goes in and comes out fits together.
import { tajo } from './seed/client.js';

const created = await tajo.contacts.create({ email: 'ada@lovelace.example' });
const same = await tajo.contacts.get({ contact_id: created.id });
same.email satisfies string | null | undefined;
// @ts-expect-error there is no such input
await tajo.contacts.get({ contact: 'x' });
// @ts-expect-error an address is text
await tajo.contacts.create({ email: 7 });
for await (const company of tajo.actions.each('companies.list', { per_page: 5 })) {
  company.name satisfies string | null | undefined;
  await tajo.contacts.attach_company({ contact_id: created.id, company_id: company.id });
}
// An action that this version does not know by name can be asked for all the same.
(await tajo.actions.run('contacts.newer', { anything: true })) satisfies unknown;
