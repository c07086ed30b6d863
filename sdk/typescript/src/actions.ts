import type { ActionMap } from './generated/actions.js';
import type { Http } from './http.js';

/** How an action is run. */
export interface RunOptions {
  /** Leave to take away what cannot be brought back. */
  allowDestructive?: boolean | undefined;
  /** Send again what may have been carried out. */
  resend?: boolean | undefined;
  /** Another connection. */
  connection?: string | undefined;
  /** Several requests under one key are carried out once. */
  idempotencyKey?: string | undefined;
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** What came of an action. */
export interface Outcome<T> {
  result: T;
  /** What has to be said beside it. */
  warnings?: string[];
  /** An earlier attempt had carried it out already; nothing was sent now. */
  found?: boolean;
}

/** The name of an action: `contacts.archive`. */
export type ActionName = keyof ActionMap | (string & {});
type Input<N> = N extends keyof ActionMap ? ActionMap[N]['input'] : Record<string, unknown>;
type Result<N> = N extends keyof ActionMap ? ActionMap[N]['result'] : unknown;
type Row<N> = Result<N> extends { data: Array<infer R> } ? R : unknown;

/** Everything that can be asked of Intercom. */
export class Actions {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Runs an action and gives back its answer with its warnings. */
  async call<N extends ActionName>(name: N, input?: Input<N>, options: RunOptions = {}): Promise<Outcome<Result<N>>> {
    const bare = String(name).replace(/^(intercom|tajo)\./, '');
    return this.#http.send({
      path: `/api/v1/${bare.split('.').map(encodeURIComponent).join('/')}`,
      body: input ?? {},
      query: {
        connection: options.connection,
        allow_destructive: options.allowDestructive ? 'true' : undefined,
        resend: options.resend ? 'true' : undefined,
      },
      timeoutMs: options.timeoutMs,
      signal: options.signal,
      idempotencyKey: options.idempotencyKey,
    });
  }

  /** Runs an action and gives back its answer. */
  async run<N extends ActionName>(name: N, input?: Input<N>, options: RunOptions = {}): Promise<Result<N>> {
    return (await this.call(name, input, options)).result;
  }

  /** Every row of a listing action, page after page. */
  async *each<N extends ActionName>(name: N, input?: Input<N>, options: RunOptions = {}): AsyncGenerator<Row<N>, void> {
    let next: Record<string, unknown> = { ...(input as Record<string, unknown> | undefined) };
    for (;;) {
      const page = (await this.call(name as string, next, options)).result as {
        data: Row<N>[];
        next_cursor?: string | null;
        next_page?: number | null;
      };
      yield* page.data;
      if (page.next_cursor != null && page.next_cursor !== next['starting_after']) next = { ...next, starting_after: page.next_cursor };
      else if (page.next_page != null && page.next_page !== next['page']) next = { ...next, page: page.next_page };
      else return;
    }
  }
}

/** `tajo.contacts.archive({ … })`: every action as a method of its noun. */
export type Nouns = {
  [N in keyof ActionMap as N extends `${infer Noun}.${string}` ? Noun : never]: {
    [M in keyof ActionMap as M extends `${N extends `${infer Noun}.${string}` ? Noun : never}.${infer Verb}` ? Verb : never]: (
      input?: ActionMap[M]['input'],
      options?: RunOptions,
    ) => Promise<ActionMap[M]['result']>;
  };
};

/** An object whose methods are the verbs of a noun; what the server has is decided there. */
export function noun(actions: Actions, name: string): unknown {
  return new Proxy(Object.freeze({}), {
    get: (_, verb) =>
      typeof verb === 'string' && verb !== 'then'
        ? (input?: Record<string, unknown>, options?: RunOptions) => actions.run(`${name}.${verb}`, input, options)
        : undefined,
  });
}
