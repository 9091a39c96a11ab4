import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { EvaluationContext, Reason } from '../../src/core/deciding/decision.js';
import type { Effect } from '../../src/core/flags/flag.js';
import type { FlagInput } from '../../src/core/flags/parse-flag.js';
import type { RuleInput } from '../../src/core/flags/parse-rules.js';
import type { LedgerKind } from '../../src/core/states/ledger.js';
import type { RoleDefinition } from '../../src/core/states/organization-state.js';
import type { JsonObject, JsonValue } from '../../src/core/values/json.js';
import { Fields } from './fields.js';
import { instantFrom } from './relative-instant.js';

export interface CaseRow {
  readonly flagKey: string;
  readonly userId: string;
  readonly role: string;
  readonly organizationId: string;
  readonly managedBy: string;
  readonly effect: Effect;
  readonly enabled: boolean;
}

export interface CaseUser {
  readonly id: string;
  readonly organizationId: string;
  readonly roles: readonly string[];
  readonly joinedAt?: number;
  readonly emailVerified: boolean;
  readonly attributes: JsonObject;
  /** '' before the first. */
  readonly stage: string;
}

export interface CaseEvent {
  readonly action: string;
  readonly occurredAt: number;
  readonly value: number;
  /** For which organization it counts, too; '' for none. */
  readonly organizationId: string;
}

/** What no interface can set up. */
export interface CoreOnly {
  readonly ledger: readonly CaseLedgerEntry[];
  /** Of the user's organization. */
  readonly organizationLedger: readonly CaseLedgerEntry[];
  readonly salts: ReadonlyMap<string, string>;
  /** By the rule's name. */
  readonly rules: ReadonlyMap<string, { readonly version: number; readonly ledgerFloor: number }>;
}

export interface CaseLedgerEntry {
  readonly flagKey: string;
  /** '' for the flag as a whole. */
  readonly rule: string;
  readonly kind: LedgerKind;
  readonly version: number;
}

export interface Expected {
  readonly enabled: boolean;
  readonly reason: Reason;
  readonly variant?: string;
  readonly value?: JsonValue;
  /** The name of the rule that answers; '' for none. */
  readonly rule: string;
  readonly validUntil?: number;
}

/** A world, a question and its answer, in the words that every interface shares; instants are epoch milliseconds. */
export interface DecisionCase {
  readonly name: string;
  readonly now: number;
  /** By key. Rules have no ids and go by their names. */
  readonly flags: ReadonlyMap<string, FlagInput>;
  readonly segments: ReadonlyMap<string, JsonObject>;
  readonly stages: readonly string[];
  readonly access: readonly CaseRow[];
  readonly organization: {
    readonly id: string;
    readonly attributes: JsonObject;
    readonly roles: readonly RoleDefinition[];
  };
  readonly user: CaseUser;
  readonly events: readonly CaseEvent[];
  readonly context: EvaluationContext | undefined;
  readonly ask: string;
  readonly expected: Expected;
  /** Undefined: the case can be set up and asked through any interface. */
  readonly coreOnly: CoreOnly | undefined;
}

/** Every case of every file beside this one, for the moment of asking. Throws where a case is not well formed. */
export function readDecisionCases(now: number): readonly DecisionCase[] {
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.yaml'));
  return files.sort().flatMap((file) => {
    const cases = parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as unknown[];
    return cases.map((given) => readCase(given, file.replace('.yaml', ''), now));
  });
}

function readCase(given: unknown, file: string, now: number): DecisionCase {
  const name = `${file}: ${String((given as { case?: unknown }).case)}`;
  const at = (value: unknown): number => instantFrom(value, now);
  const read = new Fields(given, name, [
    ...['case', 'flags', 'segments', 'stages', 'access', 'organization', 'user', 'events', 'context', 'ask'],
    ...['expect', 'core_only'],
  ]);
  const flags = new Map(read.entries('flags').map(([key, flag]) => [key, readFlag(flag, `${name}, flag ${key}`, at)]));
  const [first] = flags.keys();
  const ask = read.text('ask', first ?? '');
  const user = readUser(new Fields(read.object('user'), `${name}, user`, USER_FIELDS), at);
  return {
    name,
    now,
    flags,
    segments: new Map(read.entries('segments') as [string, JsonObject][]),
    stages: read.list('stages') as string[],
    access: read.list('access').map((row) => readRow(row, `${name}, access`, ask)),
    organization: readOrganization(read.object('organization'), name, user.organizationId),
    user,
    events: read.list('events').flatMap((event) => readEvents(event, `${name}, events`, at)),
    context: read.has('context') ? readContext(read.object('context'), `${name}, context`, at) : undefined,
    ask,
    expected: readExpected(read.object('expect'), `${name}, expect`, at),
    coreOnly: read.has('core_only') ? readCoreOnly(read.object('core_only'), `${name}, core_only`) : undefined,
  };
}

type ReadInstant = (value: unknown) => number;

const FLAG_FIELDS: Readonly<Record<string, keyof FlagInput>> = {
  name: 'name',
  active: 'active',
  is_enabled_globally: 'isEnabledGlobally',
  type: 'type',
  variants: 'variants',
  off_variant: 'offVariant',
  distribution: 'distribution',
  delegated: 'delegated',
  archived: 'archived',
  bucketing: 'bucketing',
};

function readFlag(given: unknown, where: string, at: ReadInstant): FlagInput {
  const read = new Fields(given, where, [
    ...Object.keys(FLAG_FIELDS),
    ...['rules', 'prerequisites', 'starts_at', 'ends_at'],
  ]);
  const same = Object.entries(FLAG_FIELDS).filter(([field]) => read.has(field));
  return {
    ...(Object.fromEntries(same.map(([field, key]) => [key, read.get(field)])) as FlagInput),
    rules: read.list('rules').map((rule) => readRule(rule, `${where}, rules`)),
    prerequisites: read.list('prerequisites').map((prerequisite) => {
      const of = new Fields(prerequisite, `${where}, prerequisites`, ['flag_key', 'variant']);
      return { flagKey: of.text('flag_key'), variant: of.text('variant', '') };
    }),
    ...(read.has('starts_at') ? { startsAt: at(read.get('starts_at')) } : {}),
    ...(read.has('ends_at') ? { endsAt: at(read.get('ends_at')) } : {}),
  };
}

const RULE_FIELDS: Readonly<Record<string, keyof RuleInput>> = {
  name: 'name',
  conditions: 'conditions',
  policy: 'policy',
  rollout: 'rolloutPer100k',
  bucket_by: 'bucketBy',
  distribution: 'distribution',
  earned_by: 'earnedBy',
};

function readRule(given: unknown, where: string): RuleInput {
  const read = new Fields(given, where, Object.keys(RULE_FIELDS));
  read.text('name');
  const same = Object.entries(RULE_FIELDS).filter(([field]) => read.has(field));
  return Object.fromEntries(same.map(([field, key]) => [key, read.get(field)])) as RuleInput;
}

function readRow(given: unknown, where: string, ask: string): CaseRow {
  const read = new Fields(given, where, ['flag', 'user', 'role', 'organization', 'managed_by', 'effect', 'enabled']);
  return {
    flagKey: read.text('flag', ask),
    userId: read.text('user', ''),
    role: read.text('role', ''),
    organizationId: read.text('organization', ''),
    managedBy: read.text('managed_by', ''),
    effect: read.text('effect', 'ALLOW') as Effect,
    enabled: read.get('enabled') !== false,
  };
}

const USER_FIELDS = ['id', 'organization', 'roles', 'joined', 'email_verified', 'attributes', 'stage'];

function readUser(read: Fields, at: ReadInstant): CaseUser {
  return {
    id: read.text('id', 'ada'),
    organizationId: read.text('organization', ''),
    roles: read.list('roles') as string[],
    ...(read.has('joined') ? { joinedAt: at(read.get('joined')) } : {}),
    emailVerified: read.get('email_verified') === true,
    attributes: read.object('attributes') as JsonObject,
    stage: read.text('stage', ''),
  };
}

function readOrganization(given: object, name: string, userOrganization: string): DecisionCase['organization'] {
  const read = new Fields(given, `${name}, organization`, ['id', 'attributes', 'roles']);
  return {
    id: read.text('id', userOrganization),
    attributes: read.object('attributes') as JsonObject,
    roles: read.entries('roles').map(([role, inherits]) => ({ name: role, inherits: inherits as string[] })),
  };
}

function readEvents(given: unknown, where: string, at: ReadInstant): readonly CaseEvent[] {
  const read = new Fields(given, where, ['action', 'at', 'value', 'times', 'organization']);
  const event = {
    action: read.text('action'),
    occurredAt: at(read.get('at') ?? 'now'),
    value: (read.get('value') ?? 0) as number,
    organizationId: read.text('organization', ''),
  };
  return Array.from({ length: (read.get('times') ?? 1) as number }, () => event);
}

function readContext(given: object, where: string, at: ReadInstant): EvaluationContext {
  const read = new Fields(given, where, ['organization', 'roles', 'joined', 'attributes', 'anonymous_id']);
  return {
    ...(read.has('organization') ? { organizationId: read.text('organization') } : {}),
    ...(read.has('roles') ? { roles: read.list('roles') as string[] } : {}),
    ...(read.has('joined') ? { joinedAt: at(read.get('joined')) } : {}),
    ...(read.has('attributes') ? { attributes: read.object('attributes') as JsonObject } : {}),
    ...(read.has('anonymous_id') ? { anonymousId: read.text('anonymous_id') } : {}),
  };
}

function readExpected(given: object, where: string, at: ReadInstant): Expected {
  const read = new Fields(given, where, ['enabled', 'reason', 'variant', 'value', 'rule', 'valid_until']);
  return {
    enabled: read.get('enabled') === true,
    reason: read.text('reason') as Reason,
    ...(read.has('variant') ? { variant: read.text('variant') } : {}),
    ...(read.has('value') ? { value: read.get('value') as JsonValue } : {}),
    rule: read.text('rule', ''),
    ...(read.has('valid_until') ? { validUntil: at(read.get('valid_until')) } : {}),
  };
}

function readCoreOnly(given: object, where: string): CoreOnly {
  const read = new Fields(given, where, ['ledger', 'organization_ledger', 'salts', 'rules', 'exact']);
  return {
    ledger: readLedger(read, 'ledger', where),
    organizationLedger: readLedger(read, 'organization_ledger', where),
    salts: new Map(read.entries('salts') as [string, string][]),
    rules: new Map(
      read.entries('rules').map(([rule, set]) => {
        const of = new Fields(set, `${where}, rules`, ['version', 'ledger_floor']);
        return [rule, { version: of.get('version') as number, ledgerFloor: of.get('ledger_floor') as number }];
      }),
    ),
  };
}

function readLedger(read: Fields, field: string, where: string): readonly CaseLedgerEntry[] {
  return read.list(field).map((entry) => {
    const of = new Fields(entry, `${where}, ${field}`, ['flag', 'rule', 'kind', 'version']);
    return {
      flagKey: of.text('flag'),
      rule: of.text('rule', ''),
      kind: of.text('kind') as LedgerKind,
      version: (of.get('version') ?? 1) as number,
    };
  });
}
