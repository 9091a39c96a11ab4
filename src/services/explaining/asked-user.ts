import type { Call } from '../../calls/caller.js';
import { forbidden, invalidAt, notFound } from '../../calls/errors.js';
import type { Operation } from '../../calls/permissions.js';
import type { EvaluationContext } from '../../core/deciding/decision.js';
import type { Subject } from '../../core/deciding/subject.js';
import type { CompiledFlag, Snapshot } from '../../core/snapshot/snapshot.js';
import { quote } from '../../core/values/json.js';
import { DAY_MS, shownInstant } from '../../core/values/time/time.js';
import { managerOf } from '../access/caller-reach.js';

/** For whom an answer about a user is: '' the platform, which is told everything, else an organization, which is told of its own. */
export type Viewer = string;

/** Rejects with FORBIDDEN people who administer nothing. Whose user it is, {@link requireWithin} says. */
export function viewerOf({ caller }: Call, operation: Operation): Viewer {
  return managerOf(caller, operation);
}

/** Rejects with NOT_FOUND a user of another organization, or a question about another one, where an organization asks. */
export function requireWithin(viewer: Viewer, { user, organizationId }: Subject): void {
  if (viewer === '') return;
  if (user.organizationId !== viewer) throw notFound(`no user ${quote(user.id)}`);
  if (organizationId !== '' && organizationId !== viewer) throw notFound(`no organization ${quote(organizationId)}`);
}

/**
 * Rejects with FORBIDDEN overrides by which an organization could find out what the platform's rules ask: of what it may not set of
 * its users either.
 */
export function requireOwnOverrides(viewer: Viewer, { attributes, joinedAt, anonymousId }: EvaluationContext): void {
  if (viewer === '') return;
  const given = Object.entries({ attributes, joined_at: joinedAt, anonymous_id: anonymousId });
  const [name] = given.find(([, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  throw forbidden(`${name} may be overridden by the platform alone; leave it out, or ask by roles and at`);
}

/** Whether a flag may be told of: to an organization those that are delegated, or for people's screens. Nothing is told of an archived one. */
export function mayBeTold(viewer: Viewer, compiled: CompiledFlag): boolean {
  const { archived, delegated, clientVisible } = compiled.flag;
  return viewer === '' || (!archived && (delegated || clientVisible));
}

/** The flag of a key as far as it may be told of; undefined where there is none. */
export function toldFlag(viewer: Viewer, flagKey: string, { flags }: Snapshot): CompiledFlag | undefined {
  const compiled = flags.get(flagKey);
  return compiled !== undefined && mayBeTold(viewer, compiled) ? compiled : undefined;
}

/** How far from now it may be asked about: beyond it, following what time changes would take too long. */
const MOST_YEARS = 10;
const FARTHEST_MS = MOST_YEARS * 366 * DAY_MS;

/** Rejects with INVALID an instant that is too far off. */
export function requireNearInstant(at: number, now: number): void {
  if (Math.abs(at - now) <= FARTHEST_MS) return;
  throw invalidAt('/at', `at ${quote(shownInstant(at))} is more than ${MOST_YEARS} years from ${shownInstant(now)}`);
}
