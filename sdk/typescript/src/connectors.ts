import type { Http } from './http.js';

/** A platform that Tajo connects. */
export type ConnectorName = 'intercom' | 'brevo' | (string & {});

/** How to reach a platform. */
export interface ConnectOptions {
  /** Intercom: the access token. Sealed by the server, and never readable back. */
  accessToken?: string | undefined;
  /** Brevo: the API key. */
  apiKey?: string | undefined;
  /** The API version to pin, such as `2.11`. */
  apiVersion?: string | undefined;
  /** Where the workspace lives; found out where it is left out. */
  region?: 'us' | 'eu' | 'au' | undefined;
  /** What to call the connection; `intercom` where it is left out. */
  name?: string | undefined;
}

/** A connection that was made. */
export interface Connection {
  connection: string;
  workspace: string;
  workspace_id: string;
  region: string;
}

/** What to sync. */
export interface SyncOptions {
  /** All of it again, or what changed. Default `incremental`. */
  type?: 'full' | 'incremental' | undefined;
  /** Exactly these; what the configuration enables where it is left out. */
  resources?: string[] | undefined;
  /** Nothing older than this: a date or a time. */
  since?: string | undefined;
  /** The warehouse or Brevo alone. */
  only?: 'warehouse' | 'brevo' | undefined;
  /** Ends the wait; the server's run ends with it. */
  signal?: AbortSignal | undefined;
}

/** What a sync did: the document of `tajo connectors sync --json`. */
export interface SyncReport {
  run_id: string;
  outcome: string;
  started_at: string;
  finished_at: string;
  resources: Array<Record<string, unknown> & { name: string; rows_read: number; rows_written: number }>;
  [more: string]: unknown;
}

/** How a connection is. */
export interface ConnectorStatus {
  connected: boolean;
  /** The last sync that came to its end, RFC 3339; null where there was none. */
  lastSync: string | null;
  contactsSynced: number;
  conversationsSynced: number;
  companiesSynced: number;
}

/** A notification of a platform, after its signature was verified. */
export interface Notification {
  topic: string;
  data: unknown;
  /** Its id: the same one twice is one. */
  id?: string | undefined;
}

/** The connected platforms. */
export class Connectors {
  readonly #http: Http;
  readonly #brevoKey: string | undefined;

  constructor(http: Http, brevoKey: string | undefined) {
    this.#http = http;
    this.#brevoKey = brevoKey?.trim() || undefined;
  }

  async #run<T>(verb: string, body: Record<string, unknown>, more: { timeoutMs?: number; signal?: AbortSignal | undefined } = {}): Promise<T> {
    const { result } = await this.#http.send<{ result: T }>({ path: `/api/v1/connectors/${verb}`, body, ...more });
    return result;
  }

  /** Connects a platform: the credentials are tried, sealed and kept by the server. */
  connect(connector: ConnectorName, options: ConnectOptions = {}): Promise<Connection> {
    return this.#run('connect', {
      connector,
      name: options.name,
      access_token: options.accessToken,
      api_key: options.apiKey ?? (connector === 'brevo' ? this.#brevoKey : undefined),
      brevo_api_key: connector === 'intercom' ? this.#brevoKey : undefined,
      api_version: options.apiVersion,
      region: options.region,
    });
  }

  /** Forgets a connection. */
  disconnect(connector: ConnectorName, options: { name?: string } = {}): Promise<unknown> {
    return this.#run('disconnect', { connector, name: options.name });
  }

  /** Every connection, without credentials. */
  list(): Promise<unknown> {
    return this.#run('list', {});
  }

  /** Syncs, and waits for the end. */
  sync(connector: ConnectorName, options: SyncOptions = {}): Promise<SyncReport> {
    const { signal, ...input } = options;
    return this.#run('sync', { connector, ...input }, { timeoutMs: 0, signal });
  }

  /** How the connection is, and how much was loaded. */
  status(connector: ConnectorName): Promise<ConnectorStatus> {
    return this.#run('status', { connector });
  }

  /** Hands a notification over; verify its signature first, see `webhooks.verify`. */
  handleWebhook(connector: ConnectorName, notification: Notification): Promise<unknown> {
    return this.#run('handle_webhook', { connector, ...notification });
  }
}
