import { Actions, noun, type Nouns } from './actions.js';
import { Connectors } from './connectors.js';
import { ACTIONS } from './generated/actions.js';
import { Http, type TajoOptions } from './http.js';
import { verify } from './webhooks.js';

export type { ActionName, Outcome, RunOptions } from './actions.js';
export type * from './connectors.js';
export * from './errors.js';
export type { ActionMap } from './generated/actions.js';
export type * as api from './generated/types.gen.js';
export type { TajoOptions } from './http.js';
export type { RawBody } from './webhooks.js';

/** Notifications of platforms. */
export const webhooks = { verify };

/** The nouns of actions as properties of a client: `tajo.contacts.archive({ … })`. */
export interface TajoClient extends Omit<Nouns, 'connectors'> {}

/** A client of a `tajo serve`. */
export class TajoClient {
  /** Connect, sync and look at platforms. */
  readonly connectors: Connectors;
  /** Everything that can be asked of Intercom, by name. */
  readonly actions: Actions;
  /** Notifications of platforms. */
  readonly webhooks = webhooks;

  constructor(options: TajoOptions) {
    const http = new Http(options);
    this.connectors = new Connectors(http, options.brevoApiKey);
    this.actions = new Actions(http);
    const nouns = new Set(ACTIONS.map((name) => name.split('.', 1)[0] ?? ''));
    for (const name of nouns) {
      if (!(name in this)) Object.defineProperty(this, name, { value: noun(this.actions, name), enumerable: false });
    }
  }
}
