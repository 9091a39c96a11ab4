import type { AccessRow, Flag, Prerequisite, Segment, Stage, Variant } from '../flags/flag.js';
import type { RoleDefinition } from '../states/organization-state.js';
import { inBrief, type JsonValue, quote } from '../values/json.js';
import { shownInstant } from '../values/time/time.js';
import { conditionsDifferences } from './conditions-difference.js';
import { type Difference, difference, listDiffers, same } from './difference-list.js';
import { listed, type Part, type PartKind, part, say, unplaced, type Words } from './part.js';
import { distributionWords } from './rule-words.js';
import { rulesDifferences } from './rules-difference.js';
import { BY_KEY, flagPart, type Names, namePart } from './speaking.js';

/** What of a flag people decide; the rest the server sets. */
export type FlagContent = Omit<
  Flag,
  'id' | 'key' | 'removedRules' | 'hasRows' | 'unsettledSince' | 'version' | 'salt' | 'createdAt' | 'updatedAt'
> & { readonly id?: string };

/**
 * What differs between two versions of a flag, field by field, in sentences: `rule "10 reports" now needs 8 reports in the last 30 days
 * instead of 10`. Undefined stands for a flag that is not there. Empty exactly where nothing differs that people decide.
 */
export function describeDifference(
  before: FlagContent | undefined,
  after: FlagContent | undefined,
  names: Names = BY_KEY,
): readonly Difference[] {
  if (before === undefined || after === undefined) {
    if (before === after) return [];
    return [difference('', before === undefined ? say`the flag is new` : say`the flag is gone`)];
  }
  const anew = before.id !== after.id ? [difference('', say`another flag has the key`)] : [];
  const fields = FIELDS.flatMap(({ pointer, differ }) => differ(before, after, { pointer, names }));
  return [...anew, ...fields, ...rulesDifferences(before.rules, after.rules, names)];
}

interface Place {
  readonly pointer: string;
  readonly names: Names;
}

interface Field {
  readonly pointer: string;
  readonly differ: (before: FlagContent, after: FlagContent, place: Place) => readonly Difference[];
}

/** A field that is told as a whole. */
function field<Name extends keyof FlagContent>(
  name: Name,
  pointer: string,
  words: (after: FlagContent[Name], before: FlagContent[Name], place: Place) => Words,
): Field {
  return {
    pointer,
    differ(before, after, place) {
      const was = before[name];
      const is = after[name];
      return same(was, is) ? [] : [difference(pointer, words(is, was, place))];
    },
  };
}

function instead(
  subject: string,
  kind: PartKind,
  pointer: string,
  [is, was, none = 'nothing']: readonly [is: string, was: string, none?: string],
): Words {
  const shown = (text: string): string => (text === '' ? none : inBrief(text));
  return say`${subject} ${part(kind, shown(is), pointer, is)} instead of ${part(kind, shown(was), undefined, was)}`;
}

function yesOrNo(
  name: 'active' | 'isEnabledGlobally' | 'delegated' | 'clientVisible' | 'archived',
  on: string,
  off: string,
) {
  const pointer = `/${SNAKE[name]}`;
  return field(name, pointer, (is) => [part('field', is ? on : off, pointer, is)]);
}

const SNAKE = {
  active: 'active',
  isEnabledGlobally: 'is_enabled_globally',
  delegated: 'delegated',
  clientVisible: 'client_visible',
  archived: 'archived',
} as const;

function instant(name: 'startsAt' | 'endsAt', pointer: string, verb: string, never: string): Field {
  return field(name, pointer, (is, was) => {
    const shown = (at: number | undefined): string => (at === undefined ? never : shownInstant(at));
    return say`${verb} ${part('value', shown(is), pointer, is)} instead of ${part('value', shown(was), undefined, was)}`;
  });
}

const FIELDS: readonly Field[] = [
  yesOrNo('archived', 'archived', 'brought back from the archive'),
  yesOrNo('active', 'switched on', 'switched off'),
  yesOrNo('isEnabledGlobally', 'on for everyone', 'no longer on for everyone'),
  field('name', '/name', (is, was) => instead('is called', 'value', '/name', [is, was])),
  field('description', '/description', (is, was) => instead('is described as', 'value', '/description', [is, was])),
  field('owner', '/owner', (is, was) => instead('is looked after by', 'value', '/owner', [is, was, 'nobody'])),
  instant('startsAt', '/starts_at', 'begins', 'at once'),
  instant('endsAt', '/ends_at', 'ends', 'never'),
  yesOrNo(
    'delegated',
    'organizations may put access rows of their own',
    'organizations may no longer put access rows of their own',
  ),
  yesOrNo('clientVisible', 'people see it', 'people no longer see it'),
  field('type', '/type', (is, was) => instead('has values of the type', 'value', '/type', [is, was])),
  { pointer: '/variants', differ: variantsDiffer },
  field('offVariant', '/off_variant', (is, was) => instead('serves while off', 'variant', '/off_variant', [is, was])),
  field('distribution', '/distribution', (is, was) => {
    const served = (one: typeof is): Words =>
      one.length === 0 ? say`the variant on` : distributionWords(one, '/distribution');
    return say`serves ${served(is)} instead of ${unplaced(served(was))}`;
  }),
  field('bucketing', '/bucketing', (is, was) =>
    instead('chooses variants by the version', 'value', '/bucketing', [String(is), String(was)]),
  ),
  { pointer: '/prerequisites', differ: prerequisitesDiffer },
  { pointer: '/tags', differ: tagsDiffer },
];

function variantsDiffer({ variants: was }: FlagContent, { variants: is }: FlagContent): readonly Difference[] {
  const named = ({ key }: Variant): string => key;
  const value = (shown: JsonValue, pointer?: string): Part => part('value', json(shown), pointer, shown);
  return listDiffers('/variants', { was, is, nameOf: named, called: 'variants' }, (after, before, i) => {
    const pointer = `/variants/${i}`;
    const name = namePart('variant', (after ?? before)!.key, pointer);
    if (after === undefined) return say`the variant ${unplaced([name])} is gone`;
    if (before === undefined) return say`new variant ${name} with the value ${value(after.value, `${pointer}/value`)}`;
    return say`the variant ${name} has the value ${value(after.value, `${pointer}/value`)} instead of ${value(before.value)}`;
  });
}

function prerequisitesDiffer(before: FlagContent, after: FlagContent, { names }: Place): readonly Difference[] {
  const [was, is] = [before.prerequisites, after.prerequisites];
  const nameOf = ({ flagKey, variant }: Prerequisite): string => JSON.stringify([flagKey, variant]);
  return listDiffers('/prerequisites', { was, is, nameOf, called: 'prerequisites' }, (now, then, i) => {
    const { flagKey, variant } = (now ?? then)!;
    const flag = flagPart(flagKey, `/prerequisites/${i}/flag_key`, { of: 'people', names });
    const as =
      variant === '' ? [] : say` at the variant ${namePart('variant', variant, `/prerequisites/${i}/variant`)}`;
    return now === undefined
      ? unplaced(say`no longer needs the feature ${flag}${as}`)
      : say`needs the feature ${flag}${as}`;
  });
}

function tagsDiffer({ tags: was }: FlagContent, { tags: is }: FlagContent): readonly Difference[] {
  return listDiffers('/tags', { was, is, nameOf: String, called: 'tags' }, (now, then, i) =>
    now === undefined
      ? say`no longer tagged ${part('value', inBrief(then), undefined, then!)}`
      : say`tagged ${part('value', inBrief(now), `/tags/${i}`, now)}`,
  );
}

/** What differs between two versions of a segment; undefined stands for one that is not there. */
export function describeSegmentDifference(
  before: Pick<Segment, 'name' | 'conditions'> | undefined,
  after: Pick<Segment, 'name' | 'conditions'> | undefined,
  names: Names = BY_KEY,
): readonly Difference[] {
  if (before === undefined || after === undefined) {
    if (before === after) return [];
    return [difference('', before === undefined ? say`the segment is new` : say`the segment is gone`)];
  }
  const renamed =
    before.name === after.name
      ? []
      : [difference('/name', instead('is called', 'value', '/name', [after.name, before.name]))];
  const said = conditionsDifferences(before.conditions, after.conditions, {
    names,
    of: 'people',
    pointerBase: '/conditions',
  });
  return [...renamed, ...said.map(({ pointer, words }) => difference(pointer, words))];
}

/** What differs between two lists of stages. */
export function describeStagesDifference(was: readonly Stage[], is: readonly Stage[]): readonly Difference[] {
  const nameOf = ({ name }: Stage): string => name;
  return listDiffers('/stages', { was, is, nameOf, called: 'stages' }, (after, before, i) => {
    const stage = namePart('stage', (after ?? before)!.name, `/stages/${i}/name`);
    if (after === undefined) return unplaced(say`the stage ${stage} is gone`);
    const may = after.selfSettable ? 'people may reach by themselves' : 'people may not reach by themselves';
    const setting = part('field', may, `/stages/${i}/self_settable`, after.selfSettable);
    return before === undefined
      ? say`new stage ${stage}, which ${setting}`
      : say`the stage ${stage} is one which ${setting}`;
  });
}

/** What differs between two sets of roles that an organization defines. */
export function describeRolesDifference(
  was: readonly RoleDefinition[],
  is: readonly RoleDefinition[],
): readonly Difference[] {
  const nameOf = ({ name }: RoleDefinition): string => name;
  return listDiffers('/roles', { was, is, nameOf, called: 'roles' }, (after, before, i) => {
    const role = namePart('role', (after ?? before)!.name, `/roles/${i}/name`);
    const inherits = (one: RoleDefinition): Words =>
      one.inherits.length === 0
        ? say`nothing`
        : listed(
            one.inherits.map((name, j) => [namePart('role', name, `/roles/${i}/inherits/${j}`)]),
            'and',
          );
    if (after === undefined) return unplaced(say`the role ${role} is gone`);
    if (before === undefined) return say`new role ${role}, which inherits ${inherits(after)}`;
    return say`the role ${role} inherits ${inherits(after)} instead of ${unplaced(inherits(before))}`;
  });
}

/** What differs between two sets of access rows of one flag: pointers are into the second. */
export function describeRowsDifference(was: readonly AccessRow[], is: readonly AccessRow[]): readonly Difference[] {
  const nameOf = ({ userId, role, organizationId, managedBy }: AccessRow): string =>
    JSON.stringify([userId, role, organizationId, managedBy]);
  // Rows have no order.
  const places = new Map(is.map((row, i) => [nameOf(row), i]));
  const placeOf = (row: AccessRow): number => places.get(nameOf(row)) ?? is.length;
  const before = was.toSorted((a, b) => placeOf(a) - placeOf(b));
  return listDiffers('/access', { was: before, is, nameOf, called: 'access rows' }, (now, then, i) => {
    const row = (now ?? then)!;
    const words = say`${verdictWords(row)} ${targetWords(row, `/access/${i}`)}`;
    if (now === undefined) return unplaced(say`no longer ${words}`);
    return then === undefined ? words : say`${words} (before: ${verdictWords(then)})`;
  });
}

function verdictWords({ effect, enabled }: AccessRow): Words {
  const verdict = effect === 'ALLOW' ? 'allowed for' : 'denied for';
  return [part('field', enabled ? verdict : `kept on record, and not in effect, as ${verdict}`)];
}

/** Whom an access row is for: `the role manager in the organization acme`. */
export function targetWords(
  { userId, role, organizationId, managedBy }: Omit<AccessRow, 'flagId' | 'effect' | 'enabled'>,
  pointer = '',
): Words {
  const organization = (): Part => namePart('organization', organizationId, `${pointer}/organization_id`);
  const target =
    userId !== ''
      ? say`the user ${part('value', inBrief(userId), `${pointer}/user_id`, userId)}`
      : role === ''
        ? say`the organization ${organization()}`
        : say`the role ${namePart('role', role, `${pointer}/role`)}${organizationId === '' ? '' : say` in the organization ${organization()}`}`;
  return managedBy === ''
    ? target
    : say`${target} by the organization ${namePart('organization', managedBy, `${pointer}/managed_by`)}`;
}

function json(value: JsonValue): string {
  return typeof value === 'object' && value !== null ? quote(value) : inBrief(value);
}
