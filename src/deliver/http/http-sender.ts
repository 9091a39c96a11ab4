import { isIP } from 'node:net';
import type { Sent, WebhookMessage, WebhookSender } from '../sender.js';
import { refusalOf } from './address-guard.js';
import { type Lookup, nameLookup } from './name-lookup.js';
import { type Answer, type Pin, postPinned } from './post-pinned.js';
import { faultOfUrl, hostOf, type UrlRules } from './webhook-url.js';

export interface HttpSenderOptions extends UrlRules {
  /** How names are looked up; default: by DNS and the system. */
  readonly lookup?: Lookup;
  /** The certificate authorities that are trusted instead of Node's own, in PEM. */
  readonly ca?: string;
  /** How long an attempt may take, the lookup of the name included; default 10 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** How many of a name's addresses are tried where connecting fails. */
const ADDRESSES_TRIED = 3;

/** Sends by HTTP, straight to an address that was looked up and found to be allowed: no redirects, no proxies. */
export function httpSender(options: HttpSenderOptions): WebhookSender {
  const lookup = joined(options.lookup ?? nameLookup());
  return {
    faultOf: (url) => faultOfUrl(url, options),
    send: (message) => send(message, { ...options, lookup }),
  };
}

type Options = HttpSenderOptions & { readonly lookup: Lookup };

/** Joins lookups of the same name that are made at the same time. No answer is remembered. */
function joined(lookup: Lookup): Lookup {
  const underWay = new Map<string, Promise<readonly Pin[]>>();
  return (host) => {
    const present = underWay.get(host);
    if (present !== undefined) return present;
    const asked = lookup(host).finally(() => underWay.delete(host));
    underWay.set(host, asked);
    return asked;
  };
}

async function send(message: WebhookMessage, options: Options): Promise<Sent> {
  const startedAt = performance.now();
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const deadline = AbortSignal.timeout(timeoutMs);
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  try {
    const { status, retryAfterMs } = await attempt(message, options, deadline);
    return {
      ...{ kind: 'answered', status, durationMs: durationMs() },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  } catch (error) {
    const reason = deadline.aborted ? `no whole answer within ${timeoutMs} ms` : reasonOf(error);
    return { kind: 'failed', error: reason, durationMs: durationMs() };
  }
}

async function attempt(message: WebhookMessage, options: Options, signal: AbortSignal): Promise<Answer> {
  // Checked again: a URL that was allowed when the endpoint was made may no longer be.
  const fault = faultOfUrl(message.url, options);
  if (fault !== undefined) throw new Refused(fault);
  const url = new URL(message.url);
  const pins = await resolve(url, options, signal);
  let failure: unknown;
  for (const pin of pins.slice(0, ADDRESSES_TRIED)) {
    const outcome = await postPinned({ ...message, url, pin, signal, ca: options.ca });
    if ('answer' in outcome) return outcome.answer;
    failure = outcome.error;
    // Once something may have been sent, another address could receive the same message.
    if (outcome.connected || signal.aborted) break;
  }
  throw failure;
}

/** Every address of the host. Rejects when one of them is refused, so that it is not luck whether a host can be reached. */
async function resolve(url: URL, options: Options, signal: AbortSignal): Promise<readonly Pin[]> {
  const host = hostOf(url);
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family }];
  const pins = await unlessAborted(options.lookup(host), signal);
  if (pins.length === 0) throw new Refused(`${host} has no address`);
  for (const { address } of pins) {
    const refusal = refusalOf(address, options.allowPrivate);
    if (refusal !== undefined) throw new Refused(`refused: ${host} resolves to ${address}, ${refusal}`);
  }
  return pins;
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    promise.then(resolve, reject);
  });
}

class Refused extends Error {}

/** An error's message, with its code where the message does not have it. */
function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  const { code = '', message = String(error) } = Object(error) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  const text = String(message);
  return (code === '' || text.includes(String(code)) ? text : `${String(code)}: ${text}`).slice(0, 300);
}
