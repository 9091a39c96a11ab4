import { expect } from '@jest/globals';
import { countEvents } from '../../src/core/counting/count-events.js';
import type { Decision, EvaluationContext } from '../../src/core/deciding/decision.js';
import { evaluate } from '../../src/core/deciding/evaluate.js';
import { organizationIdOf } from '../../src/core/deciding/subject.js';
import type { AccessRow, Configuration, Flag, Segment } from '../../src/core/flags/flag.js';
import { parseFlag } from '../../src/core/flags/parse-flag.js';
import { validateFlag, validateSegment } from '../../src/core/snapshot/checking/validate-configuration.js';
import { compileSnapshot, EMPTY_CONFIGURATION } from '../../src/core/snapshot/compiling/compile-snapshot.js';
import type { Snapshot } from '../../src/core/snapshot/snapshot.js';
import { foldLedger } from '../../src/core/states/ledger.js';
import { type OrganizationState, unknownOrganization } from '../../src/core/states/organization-state.js';
import { type UserState, unknownEarner, unknownUser } from '../../src/core/states/user-state.js';
import type { CaseLedgerEntry, DecisionCase } from './decision-cases.js';

/** What the core decides from. */
export interface CoreWorld {
  readonly configuration: Configuration;
  readonly user: UserState;
  /** The organization that the answer is about. */
  readonly organization: OrganizationState | undefined;
  readonly context: EvaluationContext | undefined;
  readonly now: number;
}

/** Builds a case's world; throws where its flags or segments could not be stored. */
export function coreWorld(given: DecisionCase): CoreWorld {
  const { now, context } = given;
  const flags = new Map([...given.flags].map(([key, input]) => [key, coreFlag(key, input, given)]));
  const segments = new Map<string, Segment>(
    [...given.segments].map(([key, conditions]) => [
      key,
      { id: `seg_${key}`, key, name: key, conditions, version: 1, createdAt: now, updatedAt: now },
    ]),
  );
  const rows = given.access.map(({ flagKey, ...row }): AccessRow => ({ ...row, flagId: idOf(flagKey) }));
  const configuration: Configuration = {
    ...EMPTY_CONFIGURATION,
    revision: 1,
    flags: [...flags.values()],
    segments: [...segments.values()],
    stages: given.stages.map((name) => ({ name, selfSettable: true })),
    roleAccess: rows.filter(({ role, organizationId }) => role !== '' && organizationId === ''),
  };
  const snapshot = compileSnapshot(configuration);
  for (const flag of flags.values()) expect(validateFlag(flag, snapshot).faults).toEqual([]);
  for (const segment of segments.values()) expect(validateSegment(segment, snapshot).faults).toEqual([]);
  const user = coreUser(given, rows, configuration);
  const organizationId = organizationIdOf(user, context);
  const organization = organizationId === '' ? undefined : coreOrganization(organizationId, given, rows, snapshot);
  return { configuration, user, organization, context, now };
}

/** The core's decision, with the rule's name in place of its id. */
export function decideInCore(given: DecisionCase): Decision {
  const { configuration, user, organization, context, now } = coreWorld(given);
  const snapshot = compileSnapshot(configuration);
  expect(snapshot.failures).toEqual([]);
  const decision = evaluate(snapshot, given.ask, user, organization, context, now);
  const rules = snapshot.flags.get(given.ask)?.flag.rules ?? [];
  return { ...decision, ruleId: rules.find(({ id }) => id === decision.ruleId)?.name ?? '' };
}

function idOf(flagKey: string): string {
  return `flg_${flagKey}`;
}

function ruleId(name: string): string {
  return name === '' ? '' : `rul_${name}`;
}

function coreFlag(
  key: string,
  input: DecisionCase['flags'] extends ReadonlyMap<string, infer F> ? F : never,
  given: DecisionCase,
): Flag {
  const newId = (prefix: string): string => (prefix === 'flg' ? idOf(key) : `${prefix}_${key}`);
  const { flag, faults } = parseFlag({ key, input, existing: undefined, now: given.now, newId, relock: false });
  // Ids are the names' here; a flag has them from the server otherwise.
  const rules = flag.rules.map((rule) => ({ ...rule, id: ruleId(rule.name), ...given.coreOnly?.rules.get(rule.name) }));
  expect(faults.filter(({ pointer }) => !/^\/rules\/\d+\/id$/.test(pointer))).toEqual([]);
  return { ...flag, rules, salt: given.coreOnly?.salts.get(key) ?? flag.salt };
}

function coreUser(given: DecisionCase, rows: readonly AccessRow[], configuration: Configuration): UserState {
  const { organizationId, roles, joinedAt, emailVerified, attributes, stage, id } = given.user;
  const snapshot = compileSnapshot(configuration);
  const user: UserState = {
    ...unknownUser(id),
    ...{ revision: 1, organizationId, roles, emailVerified, attributes, stage },
    ...(joinedAt === undefined ? {} : { joinedAt }),
    ...(stage === '' ? {} : { stageEnteredAt: given.now, stagesReached: [{ stage, reachedAt: given.now }] }),
    access: rows.filter(({ userId }) => userId === id),
    ledger: coreLedger(given, given.coreOnly?.ledger),
  };
  return countEvents(user, coreEvents(given, id), snapshot).after;
}

function coreLedger({ now }: DecisionCase, entries: readonly CaseLedgerEntry[] = []): UserState['ledger'] {
  return foldLedger(
    entries.map(({ flagKey, rule, kind, version }) => ({
      ...{ flagId: idOf(flagKey), ruleId: ruleId(rule), ruleVersion: version, kind, earnedAt: now },
    })),
  );
}

function coreEvents({ events, now }: DecisionCase, userId: string) {
  return events.map(({ organizationId: _, ...event }, i) => ({
    ...event,
    ...{ id: String(i), source: 'case', userId, properties: {}, receivedAt: now },
  }));
}

/** The organization with what it has earned: what counts for it of the user's events. */
function coreOrganization(
  id: string,
  given: DecisionCase,
  rows: readonly AccessRow[],
  { organizationEarners }: Snapshot,
): OrganizationState {
  const { attributes, roles } = given.organization;
  const events = given.events.filter(({ organizationId }) => organizationId === id);
  const before = { ...unknownEarner(id), ledger: coreLedger(given, given.coreOnly?.organizationLedger) };
  const earner =
    organizationEarners && countEvents(before, coreEvents({ ...given, events }, id), organizationEarners.judging).after;
  return {
    ...unknownOrganization(id),
    ...(given.organization.id === id ? { attributes, roles } : {}),
    revision: 1,
    ...(earner === undefined ? {} : { earner }),
    access: rows.filter(({ organizationId }) => organizationId === id),
  };
}
