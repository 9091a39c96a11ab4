import { type JsonObject, ownMember } from '../values/json.js';
import { DAY_MS, HOUR_MS } from '../values/time/time.js';
import { ACTION_FACTS, boundOf, labelOf, OF } from './action-facts.js';
import type { BoundFact, FactChange, FactDefinition, FactParam, FactSources } from './fact-definition.js';
import { LOCAL_FACTS } from './local-facts.js';
import { STREAK } from './streak-fact.js';
import { elapsedSince, type TimeReading } from './time-reading.js';

/** The param that names a member, which may have any characters. */
const MEMBER: FactParam = { name: 'name', type: 'string', required: false };
const FLAG: FactParam = { name: 'flag', type: 'string', required: true };

const WHOLE_HOURS = elapsedSince(HOUR_MS);
const WHOLE_DAYS = elapsedSince(DAY_MS);
const CLOCK = elapsedSince(1);

type Read = (sources: FactSources) => unknown;
type Row = Omit<
  FactDefinition,
  'params' | 'path' | 'mayBeAbsent' | 'ofOrganizations' | 'disclosed' | 'changedBy' | 'label' | 'bind'
> & {
  readonly changedBy: readonly FactChange[];
  readonly label: string;
  readonly mayBeAbsent?: true;
  readonly ofOrganizations?: true;
  readonly disclosed?: true;
};

/** A fact without params. */
function fact(
  { label, ...row }: Row,
  read: Read,
  time?: TimeReading,
): FactDefinition & Required<Pick<FactDefinition, 'bind'>> {
  const changedBy: ReadonlySet<FactChange> = new Set(row.changedBy);
  const bound: BoundFact = { changedBy, read, time };
  const shape = { path: 'refused', mayBeAbsent: false, ofOrganizations: false, disclosed: false, params: [] } as const;
  return { ...shape, ...row, changedBy, label: () => label, bind: () => bound };
}

/** A fact that is a member of an object: the one that the param names, or a part of it by a path; without the param that of the path. */
function member(row: Omit<Row, 'type'>, read: (sources: FactSources) => JsonObject | undefined): FactDefinition {
  const whole = fact({ ...row, type: 'json' }, read);
  const { changedBy } = whole;
  const bind = (params: JsonObject): BoundFact => {
    const name = ownMember(params, 'name') as string | undefined;
    if (name === undefined) return whole.bind(params);
    const readMember: Read = (sources) => {
      const object = read(sources);
      return object && ownMember(object, name);
    };
    return { changedBy, read: readMember, time: undefined };
  };
  return { ...whole, params: [MEMBER], path: 'orName', bind };
}

function unlocked(): FactDefinition {
  const changedBy: ReadonlySet<FactChange> = new Set(['ledger', 'organization events']);
  const changedByLedger: ReadonlySet<FactChange> = new Set(['ledger']);
  const flagOf = (params: JsonObject): string => ownMember(params, 'flag') as string;
  const bind = (params: JsonObject): BoundFact => {
    const flagKey = flagOf(params);
    return boundOf(params, changedByLedger, { read: (sources) => sources.isUnlocked(flagKey), time: undefined });
  };
  return {
    name: 'unlocked',
    description:
      'Whether the user has unlocked the flag, or was granted it by hand: for features that come one after another.',
    type: 'boolean',
    params: [FLAG, OF],
    changedBy,
    path: 'refused',
    mayBeAbsent: false,
    ofOrganizations: true,
    disclosed: true,
    label: (params, flagName) => labelOf(params, flagName(flagOf(params))),
    bind,
  };
}

/** How many of named segments hold. The compiler makes it of those segments, so that nothing is read for it alone. */
function metConditions(): FactDefinition {
  return {
    name: MET_CONDITIONS,
    description:
      'How many of the named segments hold: for rules that ask for some of several conditions, whichever these are. It stands on the left of a comparison only. People see the count where they may see all facts that the segments read.',
    type: 'number',
    params: [{ name: 'segments', type: 'list', kind: 'segmentKey', required: true, min: 1, max: MAX_COUNTED_SEGMENTS }],
    changedBy: new Set<FactChange>(['segments']),
    path: 'refused',
    mayBeAbsent: false,
    ofOrganizations: true,
    disclosed: true,
    count: 'whole',
    label: () => 'conditions met',
  };
}

/** The fact that counts segments; it is compiled by `compile-count.ts`. */
export const MET_CONDITIONS = 'metConditions';
/** How many segments one comparison may count. */
const MAX_COUNTED_SEGMENTS = 50;

/** Every fact that conditions can read. */
const TABLE: readonly FactDefinition[] = [
  fact(
    {
      name: 'role',
      description: 'The first of the roles that the user was given.',
      type: 'string',
      changedBy: ['identify', 'roles'],
      mayBeAbsent: true,
      label: 'role',
    },
    (s) => s.roles[0],
  ),
  fact(
    {
      name: 'roles',
      description: "The user's roles and all that they inherit in the organization's hierarchy.",
      type: 'list',
      changedBy: ['identify', 'roles'],
      label: 'roles',
    },
    (s) => s.inheritedRoles,
  ),
  fact(
    {
      name: 'organization',
      description: 'The organization that the user is in; absent in none.',
      type: 'string',
      changedBy: ['identify'],
      mayBeAbsent: true,
      label: 'organization',
    },
    (s) => present(s.organizationId),
  ),
  member(
    {
      name: 'organizationAttribute',
      description: "One of the attributes of the user's organization, or a part of it.",
      changedBy: ['identify', 'organization'],
      mayBeAbsent: true,
      ofOrganizations: true,
      label: 'organization attribute',
    },
    (s) => s.organization?.attributes,
  ),
  fact(
    {
      name: 'emailVerified',
      description: "Whether the user's e-mail address is verified.",
      type: 'boolean',
      changedBy: ['identify'],
      disclosed: true,
      label: 'e-mail address verified',
    },
    (s) => s.user.emailVerified,
  ),
  member(
    {
      name: 'attribute',
      description: "One of the user's attributes, or a part of it; what a request gives is laid over what is stored.",
      changedBy: ['identify', 'context'],
      mayBeAbsent: true,
      label: 'attribute',
    },
    (s) => s.attributes,
  ),
  fact(
    {
      name: 'daysSinceJoin',
      description: 'Whole periods of 24 hours since the user joined; absent while that is not known.',
      type: 'number',
      changedBy: ['identify', 'time'],
      mayBeAbsent: true,
      disclosed: true,
      count: 'whole',
      label: 'days since joining',
    },
    (s) => s.joinedAt,
    WHOLE_DAYS,
  ),
  fact(
    {
      name: 'hoursSinceJoin',
      description: 'Whole hours since the user joined; absent while that is not known.',
      type: 'number',
      changedBy: ['identify', 'time'],
      mayBeAbsent: true,
      disclosed: true,
      count: 'whole',
      label: 'hours since joining',
    },
    (s) => s.joinedAt,
    WHOLE_HOURS,
  ),
  fact(
    {
      name: 'stage',
      description: 'The onboarding stage that the user is in; absent before the first.',
      type: 'string',
      changedBy: ['progress'],
      mayBeAbsent: true,
      disclosed: true,
      label: 'onboarding stage',
    },
    (s) => present(s.user.stage),
  ),
  fact(
    {
      name: 'stageIndex',
      description: "The place of the user's stage in the configured list, the first being 0; −1 if it is not in it.",
      type: 'number',
      changedBy: ['progress'],
      disclosed: true,
      label: 'onboarding stage by number',
    },
    (s) => s.stages.indexOf(s.user.stage),
  ),
  fact(
    {
      name: 'stagesReached',
      description: 'Every stage that the user ever reached, in the order first reached.',
      type: 'list',
      changedBy: ['progress'],
      disclosed: true,
      label: 'onboarding stages reached',
    },
    (s) => s.user.stagesReached.map((reached) => reached.stage),
  ),
  fact(
    {
      name: 'daysInStage',
      description: 'Whole periods of 24 hours since the user entered the present stage; absent before the first.',
      type: 'number',
      changedBy: ['progress', 'time'],
      mayBeAbsent: true,
      disclosed: true,
      count: 'whole',
      label: 'days in the onboarding stage',
    },
    (s) => s.user.stageEnteredAt,
    WHOLE_DAYS,
  ),
  ...ACTION_FACTS,
  STREAK,
  ...LOCAL_FACTS,
  unlocked(),
  metConditions(),
  // Milliseconds elapsed since the epoch.
  fact(
    {
      name: 'now',
      description:
        'The present instant, in milliseconds since 1970; it can only be ordered, against a constant or an attribute.',
      type: 'number',
      changedBy: ['time'],
      ofOrganizations: true,
      label: 'date and time',
    },
    () => 0,
    CLOCK,
  ),
];

/** The text, or undefined for '', which is how stored state says "none". */
function present(text: string): string | undefined {
  return text === '' ? undefined : text;
}

/** The table of facts, by name. */
export const FACTS: ReadonlyMap<string, FactDefinition> = new Map(TABLE.map((row) => [row.name, row]));
