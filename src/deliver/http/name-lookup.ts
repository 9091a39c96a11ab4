import { Resolver, lookup as systemLookup } from 'node:dns/promises';
import { withTimeLimit } from '../../outages/time-limit.js';
import type { Pin } from './post-pinned.js';

/** Looks up every address of a name. */
export type Lookup = (host: string) => Promise<readonly Pin[]>;

export interface NameLookupOptions {
  /** The DNS servers to ask, like `127.0.0.1:5353`; default: the machine's. */
  readonly servers?: readonly string[];
  /** How names are looked up that DNS does not know; default: by the system. */
  readonly system?: Lookup;
  /** How long a lookup may take; default 8 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 8_000;
const QUERY = { timeout: 2_000, tries: 2 };
/** Codes that say that DNS knows no address, or is not there. The system may know one: from a hosts file, or a search domain. */
const NOT_IN_DNS: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED']);
/** Names that DNS is not asked for, since only the machine or its own network knows them. */
const SYSTEMS_OWN = /^[^.]+$|\.(localhost|local)$/;

/**
 * Looks names up by DNS, which takes no thread, however long it does not answer. The system's own lookup takes one of the few
 * threads of libuv, which the whole process shares, and cannot be stopped. So the system is asked only for names that DNS does
 * not know, and for one at a time. Rejects after `timeoutMs` at the latest.
 */
export function nameLookup({ servers, system = bySystem, timeoutMs = TIMEOUT_MS }: NameLookupOptions = {}): Lookup {
  const inTurn = oneAtATime(system, timeoutMs);
  return async (host) => {
    if (SYSTEMS_OWN.test(host)) return inTurn(host);
    const { pins, error } = await byDns(host, servers, timeoutMs);
    if (pins.length > 0) return pins;
    if (error !== undefined) throw error;
    return inTurn(host);
  };
}

const bySystem: Lookup = (host) => systemLookup(host, { all: true, order: 'verbatim' });

interface DnsAnswer {
  readonly pins: readonly Pin[];
  /** The failure of a part of the lookup, after which there may be more addresses than were found. */
  readonly error: unknown;
}

async function byDns(host: string, servers: readonly string[] | undefined, timeoutMs: number): Promise<DnsAnswer> {
  const resolver = new Resolver(QUERY);
  if (servers !== undefined) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), timeoutMs);
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const errors = [four, six].flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
    return {
      pins: alternating(pinsOf(four, 4), pinsOf(six, 6)),
      error: errors.find((error) => !NOT_IN_DNS.has((Object(error) as { readonly code?: unknown }).code)),
    };
  } finally {
    clearTimeout(timer);
  }
}

function pinsOf(answer: PromiseSettledResult<readonly string[]>, family: number): readonly Pin[] {
  return answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
}

/** IPv4 and IPv6 addresses in turn: only the first few are tried, and a machine may reach one of the two families alone. */
function alternating(four: readonly Pin[], six: readonly Pin[]): readonly Pin[] {
  const pairs = Array.from({ length: Math.max(four.length, six.length) }, (_, i) => [four[i], six[i]]);
  return pairs.flat().filter((pin) => pin !== undefined);
}

/** Looks up one name after the other. A name whose turn comes after its time limit is not looked up any more. */
function oneAtATime(system: Lookup, timeoutMs: number): Lookup {
  let last: Promise<unknown> = Promise.resolve();
  return (host) => {
    let waiting = true;
    const found = last.then(() => (waiting ? system(host) : []));
    last = found.catch(() => undefined);
    return withTimeLimit(timeoutMs, found, () => {
      waiting = false;
      throw new Error(`looking up ${host} took longer than ${timeoutMs} ms`);
    });
  };
}
