/** An error as the server tells it: a published code, a sentence, facts, and what to do next. */
export interface ErrorBody {
  code: string;
  message: string;
  notes?: Record<string, string>;
  causes?: string[];
  help?: string;
}

/** Anything that went wrong. `code` is in the table of `tajo explain`. */
export class TajoError extends Error {
  override readonly name: string = 'TajoError';
  /** The published code, such as `TJ-INT-404`. */
  readonly code: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  /** Labelled facts: `field`, `request id`, `vendor code`, `permission` … */
  readonly notes: Readonly<Record<string, string>>;
  /** What to do next. */
  readonly help: string;

  constructor(body: ErrorBody, status: number, cause?: unknown) {
    super(body.message, cause === undefined ? undefined : { cause });
    this.code = body.code;
    this.status = status;
    this.notes = body.notes ?? {};
    this.help = body.help ?? '';
  }
}

/** The client was set up wrongly: a key is missing, or an address is none. */
export class TajoConfigError extends TajoError {
  override readonly name = 'TajoConfigError';
}
/** The input of an action is wrong; nothing was sent. `notes.field` names the field. */
export class TajoInputError extends TajoError {
  override readonly name = 'TajoInputError';
}
/** A key, token or account is missing, wrong or revoked. */
export class TajoAuthError extends TajoError {
  override readonly name = 'TajoAuthError';
}
/** The key or the platform's app lacks a permission; `notes.permission` names it. */
export class TajoPermissionError extends TajoError {
  override readonly name = 'TajoPermissionError';
}
/** The object does not exist (any more). */
export class TajoNotFoundError extends TajoError {
  override readonly name = 'TajoNotFoundError';
}
/** The object exists already; `notes.existing` may name it. */
export class TajoConflictError extends TajoError {
  override readonly name = 'TajoConflictError';
}
/** A rate limit; try later. */
export class TajoRateLimitError extends TajoError {
  override readonly name = 'TajoRateLimitError';
}
/** Nobody knows whether a message or ticket was sent. Look before you send again. */
export class TajoUnknownOutcomeError extends TajoError {
  override readonly name = 'TajoUnknownOutcomeError';
}
/** The server did not answer. */
export class TajoConnectionError extends TajoError {
  override readonly name = 'TajoConnectionError';
}

/** The error class for what the server said. */
export function errorOf(body: ErrorBody, status: number): TajoError {
  if (body.code === 'TJ-STA-UNKNOWN') return new TajoUnknownOutcomeError(body, status);
  if (body.notes?.['outcome']?.startsWith('unknown')) return new TajoUnknownOutcomeError(body, status);
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return new TajoInputError(body, status);
    case 401:
      return new TajoAuthError(body, status);
    case 403:
      return new TajoPermissionError(body, status);
    case 404:
      return new TajoNotFoundError(body, status);
    case 409:
      return new TajoConflictError(body, status);
    case 429:
      return new TajoRateLimitError(body, status);
    default:
      return new TajoError(body, status);
  }
}
