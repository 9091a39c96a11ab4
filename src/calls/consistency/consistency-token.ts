import { isJsonObject, quote } from '../../core/values/json.js';
import { invalidAt } from '../errors.js';

/**
 * What a consistency token says: an evaluation that carries the token sees at least this state. The token is opaque to
 * callers, and not signed: one that somebody made up can only make its bearer wait.
 */
export interface Consistency {
  /** The epoch that the revisions belong to: a restore from a backup begins another one. */
  readonly epoch: string;
  /** The configuration's revision. */
  readonly configuration?: number;
  /** Users and organizations that were written, each with its revision. */
  readonly users?: readonly (readonly [string, number])[];
  readonly organizations?: readonly (readonly [string, number])[];
  /** When events were taken in: all that was received until then must have been counted for the user who is asked about. */
  readonly receivedAt?: number;
  /** More was written than the token can name: the evaluation must read the store. */
  readonly full?: boolean;
}

/** A token that named more users and organizations would be a burden on every call; it says `full` instead. */
const MAX_NAMED = 50;
const MAX_LENGTH = 16_384;

export function encodeToken(consistency: Consistency): string {
  const named = (consistency.users?.length ?? 0) + (consistency.organizations?.length ?? 0);
  const { users, organizations, ...unnamed } = consistency;
  const kept: Consistency = named <= MAX_NAMED ? consistency : { ...unnamed, full: true };
  const compact = {
    e: kept.epoch,
    c: kept.configuration,
    u: kept.users?.length ? kept.users : undefined,
    o: kept.organizations?.length ? kept.organizations : undefined,
    r: kept.receivedAt,
    f: kept.full ? 1 : undefined,
  };
  return `v1.${Buffer.from(JSON.stringify(compact)).toString('base64url')}`;
}

/** Reads a token; rejects with INVALID anything that this service did not make. '' is no token. */
export function decodeToken(token: string): Consistency | undefined {
  if (token === '') return undefined;
  const parsed = token.startsWith('v1.') && token.length <= MAX_LENGTH ? parseJson(token.slice(3)) : undefined;
  if (!isJsonObject(parsed) || typeof parsed.e !== 'string') throw malformed(token);
  const { e, c, u, o, r, f } = parsed;
  const configuration = optionalNumber(c, token);
  const receivedAt = optionalNumber(r, token);
  return {
    epoch: e,
    ...(configuration === undefined ? {} : { configuration }),
    ...(u === undefined ? {} : { users: revisions(u, token) }),
    ...(o === undefined ? {} : { organizations: revisions(o, token) }),
    ...(receivedAt === undefined ? {} : { receivedAt }),
    ...(f === undefined ? {} : { full: true }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function optionalNumber(value: unknown, token: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw malformed(token);
}

function revisions(value: unknown, token: string): readonly (readonly [string, number])[] {
  if (!Array.isArray(value) || value.length > MAX_NAMED) throw malformed(token);
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || !Number.isSafeInteger(pair[1])) throw malformed(token);
    return [pair[0], pair[1]] as const;
  });
}

function malformed(token: string): Error {
  return invalidAt(
    '/consistency_token',
    `consistency_token ${quote(token)} is none that a write here answered with; pass it as it was given`,
  );
}
