import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { hostOf } from './webhook-url.js';

/** One address of a host, which was checked and is to be connected to. */
export interface Pin {
  readonly address: string;
  readonly family: number;
}

export interface PinnedPost {
  readonly url: URL;
  readonly pin: Pin;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly ca?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly retryAfterMs?: number;
}

export type PostOutcome =
  | { readonly answer: Answer }
  /** Once it was `connected`, something may have been sent. */
  | { readonly error: unknown; readonly connected: boolean };

/** How much is read of an answer. The connection is closed then; only the answer's status counts. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
/** How long connecting may take, before another address of the host is tried. */
const CONNECT_TIMEOUT_MS = 4_000;
/** Keeps Node from trying several addresses by itself. */
const ONE_ADDRESS = { autoSelectFamily: false };

/**
 * Posts to exactly this address. The URL's name is used for the Host header, SNI and the certificate's check, but is not
 * looked up again. Follows no redirect. Never rejects.
 */
export function postPinned({ url, pin, headers, body, signal, ca }: PinnedPost): Promise<PostOutcome> {
  return new Promise((resolve) => {
    let connected = false;
    const content = Buffer.from(body);
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const post = request({
      method: 'POST',
      protocol: url.protocol,
      hostname: hostOf(url),
      port: url.port,
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, host: url.host, 'content-length': content.length, connection: 'close' },
      lookup: pinned(pin),
      family: pin.family,
      ...ONE_ADDRESS,
      // Each post has a connection of its own: one that is kept could be used long after its address was checked.
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      rejectUnauthorized: true,
      ...(isIP(hostOf(url)) === 0 ? { servername: hostOf(url) } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    const connecting = setTimeout(() => post.destroy(new Error('connecting took too long')), CONNECT_TIMEOUT_MS);
    const end = (outcome: PostOutcome): void => {
      clearTimeout(connecting);
      resolve(outcome);
      post.destroy();
    };
    post.on('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        connected = true;
        clearTimeout(connecting);
      });
    });
    post.on('error', (error) => end({ error, connected }));
    post.on('close', () => end({ error: new Error('the connection ended without an answer'), connected }));
    post.on('response', (response) => {
      readAnswer(response).then(
        (answer) => end({ answer }),
        (error: unknown) => end({ error, connected: true }),
      );
    });
    post.end(content);
  });
}

function pinned({ address, family }: Pin): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [{ address, family }]);
    else callback(null, address, family);
  };
}

function readAnswer(response: IncomingMessage): Promise<Answer> {
  const retryAfterMs = retryAfterOf(response.headers['retry-after']);
  const answer = { status: response.statusCode ?? 0, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return new Promise((resolve, reject) => {
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) resolve(answer);
    });
    response.on('end', () => resolve(answer));
    response.on('error', reject);
    response.on('close', () => reject(new Error('the answer broke off')));
  });
}

/** How long a Retry-After header asks to wait, in seconds or by a date; undefined for anything else. */
function retryAfterOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}
