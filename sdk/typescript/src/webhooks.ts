/** The body of a notification exactly as it came: never one that was parsed and written again. */
export type RawBody = string | Uint8Array | ArrayBuffer;

const SIGNATURE = /^sha1=([0-9a-f]{40})$/;

/**
 * Whether Intercom signed this notification: HMAC-SHA1 of the raw body under the app's client secret, in
 * `X-Hub-Signature` as `sha1=` and 40 hex digits. Compared in constant time.
 *
 * Hand over the raw bytes: `JSON.stringify(req.body)` writes numbers, escapes and white space anew, and then good
 * signatures do not fit. https://developers.intercom.com/docs/webhooks
 */
export async function verify(rawBody: RawBody, header: string | null | undefined, secret: string): Promise<boolean> {
  const found = SIGNATURE.exec(header ?? '')?.[1];
  if (!secret || found === undefined) return false;
  const bytes = typeof rawBody === 'string' ? new TextEncoder().encode(rawBody) : new Uint8Array(rawBody);
  const usage = { name: 'HMAC', hash: 'SHA-1' };
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), usage, false, ['verify']);
  const given = new Uint8Array(20).map((_, at) => Number.parseInt(found.slice(at * 2, at * 2 + 2), 16));
  return crypto.subtle.verify('HMAC', key, given, bytes as Uint8Array<ArrayBuffer>);
}
