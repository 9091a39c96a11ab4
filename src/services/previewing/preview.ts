import type { Call } from '../../calls/caller.js';
import { asLatchkeyError, busy, invalidAt } from '../../calls/errors.js';
import { type OpenReaders, readerOf, tokenEnded } from '../../calls/open-readers.js';
import { authorize } from '../../calls/permissions.js';
import { anyAction, readsAnyAction } from '../../configuration/any-action.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import { inWindow } from '../../core/deciding/evaluate.js';
import type { KnownDays } from '../../core/facts/known-days.js';
import type { Derivation, Flag } from '../../core/flags/flag.js';
import type { FlagInput } from '../../core/flags/parse-flag.js';
import type { RuleInput } from '../../core/flags/parse-rules.js';
import { draftSides } from '../../core/snapshot/draft-sides.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import { bothNeeds, needsOfFlag, rulesInScope } from '../../core/snapshot/state-needs.js';
import { type ActionNames, allActions } from '../../core/states/user-state.js';
import { faultOfName } from '../../core/values/names.js';
import type { Store } from '../../store/store.js';
import {
  checkDrafted,
  checkFlagName,
  checkNamed,
  draftedFlag,
  type FlagDraft,
  windowWarnings,
} from '../flags/flag-draft.js';
import { EarnerTally, MemberTally } from './organization-tally.js';
import type { PreviewBlock, PreviewFeed, PreviewProgress, PreviewResult, PreviewSink } from './preview-event.js';
import { PreviewRun, type PreviewRunOptions } from './preview-run.js';
import { PreviewSide } from './preview-side.js';
import { PreviewTally } from './preview-tally.js';
import { SampleRoom } from './sample-room.js';

export interface PreviewInput extends FlagDraft {
  /** A change of one rule, or a new rule; the flag's other rules stay. */
  readonly rule: RuleDraft | undefined;
  /** Whose users are looked at; '' for all users. */
  readonly organizationId: string;
  /** How many users of each group to give, 0…100; undefined for 10. */
  readonly sampleSize: number | undefined;
}

export interface RuleDraft {
  /** The rule: with an id it replaces the rule of that id, without one it is new. */
  readonly input: RuleInput;
  /** Its place among the rules, 0 being the first; undefined for its present place or, if it is new, the last. */
  readonly position: number | undefined;
}

export interface PreviewOptions {
  readonly store: Pick<Store, 'states' | 'userPages' | 'now'>;
  readonly keeper: Pick<ConfigurationKeeper, 'refresh'>;
  readonly dayKnowledge: Pick<DayKnowledge, 'read'>;
  readonly readers: OpenReaders;
}

const DEFAULT_SAMPLE = 10;
const MAX_SAMPLE = 100;
/** How many previews may be under way: each reads all users, so more of them would not be done sooner. */
const MAX_PREVIEWS = 2;

/** Finds out what a change of a flag would come to for all users, without making it. */
export class PreviewService {
  readonly #options: PreviewOptions;
  #running = 0;

  constructor(options: PreviewOptions) {
    this.#options = options;
  }

  /**
   * Begins a preview, which goes on until the sink has been given the result or a failure. Rejects with INVALID and NOT_FOUND
   * as saving the draft would, with LIMITED while too many previews are under way.
   */
  async preview(call: Call, input: PreviewInput, sink: PreviewSink): Promise<PreviewFeed> {
    authorize(call, 'PreviewRule');
    checkInput(input);
    const { readers } = this.#options;
    readers.requireRoom({ reader: readerOf(call) });
    if (this.#running >= MAX_PREVIEWS) {
      throw busy(`${MAX_PREVIEWS} previews are under way here, which is the most; try again when one has ended`);
    }
    this.#running++;
    let begun = false;
    try {
      const stopping = new AbortController();
      const prepared = await this.#prepare(input);
      const reader = new ProgressReader(sink);
      const signal = anySignal(stopping.signal, call.signal);
      const open = {
        reader: readerOf(call),
        end: () => {
          sink.end(tokenEnded());
          stopping.abort();
        },
      };
      readers.add(open);
      const running = { ...prepared, signal, onProgress: (progress: PreviewProgress) => reader.tell(progress) };
      begun = true;
      void this.#run(running, prepared, sink).finally(() => readers.delete(open));
      return { writable: () => reader.writable(), close: () => stopping.abort() };
    } finally {
      if (!begun) this.#running--;
    }
  }

  async #run(options: PreviewRunOptions, { result }: Prepared, sink: PreviewSink): Promise<void> {
    try {
      await new PreviewRun(options).run();
      sink.write({ type: 'result', result: result() });
      sink.end(undefined);
    } catch (error) {
      sink.end(asLatchkeyError(error));
    } finally {
      this.#running--;
    }
  }

  async #prepare(input: PreviewInput): Promise<Prepared> {
    const { store, keeper, dayKnowledge } = this.#options;
    const [snapshot, now, known] = await Promise.all([keeper.refresh(), store.now(), dayKnowledge.read()]);
    const existing = (snapshot.flags.get(input.keyOrId) ?? snapshot.flagsById.get(input.keyOrId))?.stored;
    checkNamed(input, existing);
    const draft = { ...input, input: withRule(input, existing) };
    const { flag } = draftedFlag(draft, existing, now, draftIds());
    const warnings = [
      ...checkDrafted(flag, snapshot),
      ...windowWarnings(flag, { known, now, segments: snapshot.segments, derived: snapshot.derivations.all }),
    ];
    const { before, after } = draftSides(snapshot, flag);
    const sides = {
      before: new PreviewSide(before, flag.key, { now, known }),
      after: new PreviewSide(after, flag.key, { now, known }),
    };
    const tallied = { sides, sampleSize: input.sampleSize ?? DEFAULT_SAMPLE, room: new SampleRoom() };
    const tally = new PreviewTally(tallied);
    const both = [before, after];
    const earners = both.some((side) => isEarned(side, flag.key)) ? new EarnerTally(tallied) : undefined;
    const members = both.some((side) => readsOrganizations(side, flag.key)) ? new MemberTally(tallied) : undefined;
    return {
      store,
      tally,
      earners,
      members,
      needs: bothNeeds(needsOfFlag(before, flag.key), needsOfFlag(after, flag.key)),
      countedAs: readsAnyAction(after) && !readsAnyAction(snapshot) ? anyActionAlone(known) : undefined,
      earnerDaysOf: bothDays(earnerDaysOf(before), earnerDaysOf(after)),
      organizationId: input.organizationId,
      result: () => ({
        counts: tally.counts,
        samples: tally.samples,
        earners: earners?.groups,
        read: members?.groups,
        asOf: now,
        configurationRevision: snapshot.revision,
        blocked: blockOf(flag, now),
        warnings,
      }),
    };
  }
}

/** How all actions are counted as one once the draft is there. */
function anyActionAlone(known: KnownDays): ReadonlyMap<string, Derivation> {
  const { name, derivation } = anyAction(known);
  return new Map([[name, derivation]]);
}

/** Tells progress while the reader keeps up. Progress that is not read is left out, or it would pile up. */
class ProgressReader {
  readonly #sink: PreviewSink;
  #full: boolean = false;

  constructor(sink: PreviewSink) {
    this.#sink = sink;
  }

  tell(progress: PreviewProgress): void {
    if (!this.#full) this.#full = !this.#sink.write({ type: 'progress', progress });
  }

  writable(): void {
    this.#full = false;
  }
}

interface Prepared
  extends Pick<
    PreviewRunOptions,
    'store' | 'tally' | 'earners' | 'members' | 'needs' | 'countedAs' | 'earnerDaysOf' | 'organizationId'
  > {
  /** The result of the users who were decided so far. */
  readonly result: () => PreviewResult;
}

function checkInput({ keyOrId, input, rule, organizationId, sampleSize }: PreviewInput): void {
  checkFlagName(keyOrId);
  if (rule !== undefined && input.rules !== undefined) {
    throw invalidAt(
      '/rule',
      'rule is one rule among those of the flag, flag.rules are all of them; give one of the two',
    );
  }
  const fault = organizationId === '' ? undefined : faultOfName('organizationId', organizationId);
  if (fault !== undefined) throw invalidAt('/organization_id', fault);
  if (sampleSize !== undefined && !(sampleSize >= 0 && sampleSize <= MAX_SAMPLE)) {
    throw invalidAt('/sample_size', `sample_size is 0 to ${MAX_SAMPLE}, not ${sampleSize}`);
  }
}

/** The draft's input, with the changed or new rule among the flag's rules. */
function withRule({ input, rule }: PreviewInput, existing: Flag | undefined): FlagInput {
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

/** Whether organizations earn rules of a flag, or did and it is kept. */
function isEarned({ organizationEarners }: Snapshot, flagKey: string): boolean {
  return organizationEarners?.judging.flags.has(flagKey) === true;
}

/** Whether a decision on a flag can depend on rules that users earn by what their organization has done. */
function readsOrganizations(snapshot: Snapshot, flagKey: string): boolean {
  return rulesInScope(snapshot, flagKey).some(
    ({ conditions, byOrganization }) =>
      !byOrganization &&
      [...conditions.slotsRead].some((index) => snapshot.slots.at(index).bound.changedBy.has('organization events')),
  );
}

/** Makes ids for a flag and rules that are never stored: the same ids for the same draft. */
function draftIds(): (prefix: 'flg' | 'rul' | 'slt') => string {
  let rules = 0;
  return (prefix) => (prefix === 'rul' ? `rul_draft_${++rules}` : `${prefix}_draft`);
}

function blockOf(flag: Flag, now: number): PreviewBlock | undefined {
  if (flag.archived) return { reason: 'ARCHIVED', until: undefined };
  if (!flag.active) return { reason: 'DISABLED', until: undefined };
  if (inWindow(flag, now)) return undefined;
  const opens = flag.startsAt !== undefined && now < flag.startsAt;
  return { reason: 'SCHEDULE', until: opens ? flag.startsAt : undefined };
}

function anySignal(one: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? one : AbortSignal.any([one, other]);
}
