import { TajoConfigError, TajoConnectionError, TajoError, errorOf, type ErrorBody } from './errors.js';

/** How a client reaches its server. */
export interface TajoOptions {
  /** A key of `tajo keys create`. */
  apiKey: string | undefined;
  /** Brevo's API key; handed over, and sealed there, when Intercom or Brevo is connected. */
  brevoApiKey?: string | undefined;
  /** Where `tajo serve` listens. Default: the environment's `TAJO_URL`, else `http://127.0.0.1:8787`. */
  baseUrl?: string | undefined;
  /** The connection to use where there are several. */
  connection?: string | undefined;
  /** How often a request is sent again where that is harmless. Default 2. */
  retries?: number | undefined;
  /** Milliseconds until a request is given up; a sync has no such limit. Default 60,000. */
  timeoutMs?: number | undefined;
  /** Another `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** One request. */
export interface Call {
  path: string;
  body?: unknown;
  query?: Record<string, string | undefined>;
  method?: 'GET' | 'POST';
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Several requests under one key are carried out once. Default: a fresh one. */
  idempotencyKey?: string | undefined;
}

const RETRIES = 2;
const TIMEOUT_MS = 60_000;
const WAIT_FIRST_MS = 250;
const WAIT_MAX_MS = 30_000;

function environment(name: string): string | undefined {
  const holder = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return holder.process?.env?.[name] || undefined;
}

function wrong(message: string, help: string): TajoConfigError {
  return new TajoConfigError({ code: 'TJ-SEC-KEY', message, help }, 0);
}

/** The one door to the server. */
export class Http {
  readonly #key: string;
  readonly #base: URL;
  readonly #connection: string | undefined;
  readonly #retries: number;
  readonly #timeoutMs: number;
  readonly #fetch: typeof globalThis.fetch;

  constructor(options: TajoOptions) {
    const key = options.apiKey?.trim();
    if (!key) throw wrong('No apiKey was given', 'Make one with `tajo keys create`, and pass it as `apiKey`.');
    const base = options.baseUrl ?? environment('TAJO_URL') ?? 'http://127.0.0.1:8787';
    if (!URL.canParse(base)) throw wrong(`baseUrl is not a URL`, 'Give the address that `tajo serve` prints.');
    this.#key = key;
    this.#base = new URL(base);
    this.#connection = options.connection;
    this.#retries = options.retries ?? RETRIES;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  /** Sends a request, again where that is harmless, and reads its JSON. */
  async send<T>(call: Call): Promise<T> {
    // One key for all attempts: the server carries out a message or a ticket once.
    const idempotency = call.idempotencyKey ?? globalThis.crypto.randomUUID();
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.#attempt(call, idempotency);
      if (!(outcome instanceof TajoError)) return outcome.body as T;
      const last = attempt >= this.#retries || call.signal?.aborted;
      if (last || !(outcome instanceof TajoConnectionError || [429, 503].includes(outcome.status))) throw outcome;
      await new Promise((resolve) => setTimeout(resolve, this.#wait(attempt, outcome)));
    }
  }

  #wait(attempt: number, error: TajoError): number {
    const asked = Number.parseInt(error.notes['asked to wait'] ?? '', 10);
    const own = Math.random() * Math.min(WAIT_FIRST_MS * 2 ** attempt, WAIT_MAX_MS);
    return Number.isFinite(asked) ? Math.min(asked * 1000, WAIT_MAX_MS) : own;
  }

  async #attempt(call: Call, idempotency: string): Promise<{ body: unknown } | TajoError> {
    const url = new URL(this.#base.pathname.replace(/\/$/, '') + call.path, this.#base);
    const query = { connection: this.#connection, ...call.query };
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const timeoutMs = call.timeoutMs ?? this.#timeoutMs;
    const signals = [call.signal, timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : undefined];
    const method = call.method ?? 'POST';
    let answer: Response;
    let text: string;
    try {
      answer = await this.#fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${this.#key}`,
          accept: 'application/json',
          ...(method === 'POST' ? { 'content-type': 'application/json', 'idempotency-key': idempotency } : {}),
        },
        ...(method === 'POST' ? { body: JSON.stringify(call.body ?? {}) } : {}),
        redirect: 'error',
        signal: AbortSignal.any(signals.filter((signal) => signal !== undefined)),
      });
      text = await answer.text();
    } catch (cause) {
      if (call.signal?.aborted) throw cause;
      const help = 'Is `tajo serve` running? `baseUrl` must be the address that it prints.';
      return new TajoConnectionError({ code: 'TJ-NET-CONNECT', message: `${url.origin} did not answer`, help }, 0, cause);
    }
    const body = parsed(text);
    if (answer.ok && body !== undefined) return { body };
    const told = (body as { error?: ErrorBody } | undefined)?.error;
    return errorOf(told ?? { code: 'TJ-NET-BODY', message: `${url.origin} answered ${answer.status} without JSON` }, answer.status);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
