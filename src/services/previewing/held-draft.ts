import { requireName } from '../../calls/check-input.js';
import { forbidden, invalidAt, notStorable } from '../../calls/errors.js';
import { anyAction, readsAnyAction } from '../../configuration/any-action.js';
import type { KnownDays } from '../../core/facts/known-days.js';
import type { Derivation, Flag } from '../../core/flags/flag.js';
import type { FlagInput } from '../../core/flags/parse-flag.js';
import type { RuleInput } from '../../core/flags/parse-rules.js';
import { validateSegment } from '../../core/snapshot/checking/validate-configuration.js';
import { compileChanges } from '../../core/snapshot/compiling/compile-snapshot.js';
import { draftSides } from '../../core/snapshot/compiling/draft-sides.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import { bothNeeds, needsOfFlag, type StateNeeds } from '../../core/snapshot/state-needs.js';
import { type ActionNames, allActions } from '../../core/states/user-state.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';
import { type AccessInput, parseAccessRows } from '../access/access-rows.js';
import { requireDelegated } from '../access/caller-reach.js';
import {
  checkDrafted,
  checkFlagName,
  checkNamed,
  draftedFlag,
  type FlagDraft,
  saysAnything,
  windowWarnings,
} from '../flags/flag-draft.js';
import { type SetSegmentInput, segmentAfter } from '../flags/segments.js';
import { DraftedRows } from './drafted-rows.js';
import { PreviewSide } from './preview-side.js';
import type { PreviewSides } from './preview-tally.js';

/** A draft of a flag that is not to be saved: what a preview and a try are given. */
export interface DraftInput extends FlagDraft {
  /** A change of one rule, or a new rule; the flag's other rules stay. */
  readonly rule: RuleDraft | undefined;
  /** Access rows that it puts; left out: none. */
  readonly access?: readonly AccessInput[];
  /** Access rows that it removes; left out: none. */
  readonly removeAccess?: readonly AccessInput[];
  /** A segment that is written with it; left out: none. */
  readonly segment?: SegmentDraftInput | undefined;
}

export type SegmentDraftInput = Pick<SetSegmentInput, 'key' | 'name' | 'conditions'>;

export interface RuleDraft {
  /** The rule: with an id it replaces the rule of that id, without one it is new. */
  readonly input: RuleInput;
  /** Its place among the rules, 0 being the first; undefined for its present place or, if it is new, the last. */
  readonly position: number | undefined;
}

/** A draft beside the configuration as it is. */
export interface HeldDraft {
  /** The flag as it would be saved. */
  readonly flag: Flag;
  readonly warnings: readonly Fault[];
  /** The configurations without and with it, with nothing but what decisions on the flag depend on. */
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly sides: PreviewSides;
  /** What deciding by either side reads of users. */
  readonly needs: StateNeeds;
  /** What is counted only once the draft is there; undefined where nothing is. */
  readonly countedAs: ReadonlyMap<string, Derivation> | undefined;
  /** The actions whose days either side reads of organizations as earners; undefined where neither reads what they have earned. */
  readonly earnerDaysOf: ActionNames | undefined;
}

/** Rejects with INVALID what is wrong with a draft whatever it is held against. */
export function checkDraft({ keyOrId, input, rule }: DraftInput): void {
  checkFlagName(keyOrId);
  if (rule !== undefined && input.rules !== undefined) {
    throw invalidAt(
      '/rule',
      'rule is one rule among those of the flag, flag.rules are all of them; give one of the two',
    );
  }
}

/** What a draft is held against, and whose rows it has. */
export interface HeldIn {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly known: KnownDays;
  /** The organization whose own rows a draft puts and removes, of a delegated flag that stays as it is; '' or left out: the platform. */
  readonly manager?: string;
}

/** Holds a draft against a configuration. Throws INVALID, FORBIDDEN and NOT_FOUND as saving the draft would. */
export function heldAgainst(input: DraftInput, { snapshot, now, known, manager = '' }: HeldIn): HeldDraft {
  const existing = (snapshot.flags.get(input.keyOrId) ?? snapshot.flagsById.get(input.keyOrId))?.stored;
  if (manager !== '') requireRowsAlone(input);
  requireDelegated(manager, existing?.archived === true ? undefined : existing, input.keyOrId);
  checkNamed(input, existing);
  const draft = { ...input, input: withRule(input, existing) };
  const drafted = input.segment === undefined ? snapshot : withSegment(snapshot, input.segment, now);
  const { flag } = draftedFlag(draft, existing, now, draftIds());
  // What stands in its policy is nothing that an organization is told.
  const warnings =
    manager !== ''
      ? []
      : [
          ...checkDrafted(flag, drafted),
          ...windowWarnings(flag, { known, now, segments: drafted.segments, derived: snapshot.derivations.all }),
        ];
  const named = parseAccessRows(input.access ?? [], input.removeAccess ?? [], manager);
  const rows = new DraftedRows(flag.id, named);
  const { before, after } = draftSides(
    snapshot,
    flag,
    rows.ofRoles(snapshot.flags.get(flag.key)?.roleAccess ?? []),
    drafted,
  );
  return {
    flag,
    warnings,
    before,
    after,
    sides: {
      before: new PreviewSide(before, flag.key, { now, known }),
      after: new PreviewSide(after, flag.key, { now, known, rows }),
    },
    needs: bothNeeds(needsOfFlag(before, flag.key), needsOfFlag(after, flag.key)),
    countedAs: readsAnyAction(after) && !readsAnyAction(snapshot) ? anyActionAlone(known) : undefined,
    earnerDaysOf: bothDays(earnerDaysOf(before), earnerDaysOf(after)),
  };
}

/** Rejects with FORBIDDEN what is more than rows: an organization changes nothing else, and would find out what the platform's rules ask. */
function requireRowsAlone({ input, rule, segment }: DraftInput): void {
  if (!saysAnything(input) && rule === undefined && segment === undefined) return;
  throw forbidden('only the platform changes a flag; an organization tries access rows of its own on delegated flags');
}

/** The configuration with a segment as it would be saved. */
function withSegment(snapshot: Snapshot, input: SegmentDraftInput, now: number): Snapshot {
  requireName('segmentKey', input.key, '/segment/key');
  const before = snapshot.segments.get(input.key);
  const segment = segmentAfter(before, input, now);
  const { faults } = validateSegment(segment, snapshot);
  if (faults.length > 0) {
    const at = faults.map(({ pointer, message }) => ({ pointer: `/segment${pointer}`, message }));
    throw notStorable(`the segment ${quote(input.key)}`, at);
  }
  const { revision } = snapshot;
  return compileChanges(snapshot, { revision, flags: [], segments: [segment], roleAccess: [] });
}

/** How all actions are counted as one once the draft is there. */
function anyActionAlone(known: KnownDays): ReadonlyMap<string, Derivation> {
  const { name, derivation } = anyAction(known);
  return new Map([[name, derivation]]);
}

/** The draft's input, with the changed or new rule among the flag's rules. */
function withRule({ input, rule }: DraftInput, existing: Flag | undefined): FlagInput {
  if (rule === undefined) return input;
  const rules: RuleInput[] = (existing?.rules ?? []).map(({ id }) => ({ id }));
  const found = rule.input.id ? rules.findIndex(({ id }) => id === rule.input.id) : -1;
  if (found >= 0) rules.splice(found, 1);
  const { position = found >= 0 ? found : rules.length } = rule;
  if (position > rules.length) {
    throw invalidAt('/position', `position is 0 to ${rules.length}, not ${position}: the flag has no more rules`);
  }
  return { ...input, rules: rules.toSpliced(position, 0, rule.input) };
}

/** The actions whose days are read by either side; undefined where neither reads what organizations have earned. */
function bothDays(one: ActionNames | undefined, other: ActionNames | undefined): ActionNames | undefined {
  return one && other ? allActions(one, other) : (one ?? other);
}

/** Makes ids for a flag and rules that are never stored: the same ids for the same draft. */
function draftIds(): (prefix: 'flg' | 'rul' | 'slt') => string {
  let rules = 0;
  return (prefix) => (prefix === 'rul' ? `rul_draft_${++rules}` : `${prefix}_draft`);
}
