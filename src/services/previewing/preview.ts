import type { Call } from '../../calls/caller.js';
import { asLatchkeyError, busy, invalidAt } from '../../calls/errors.js';
import { type OpenReaders, readerOf, tokenEnded } from '../../calls/open-readers.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import { inWindow } from '../../core/deciding/evaluate.js';
import type { Flag } from '../../core/flags/flag.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import { rulesInScope } from '../../core/snapshot/state-needs.js';
import { faultOfName } from '../../core/values/names.js';
import type { Store } from '../../store/store.js';
import { checkDraft, type DraftInput, heldAgainst } from './held-draft.js';
import { EarnerTally, MemberTally } from './organization-tally.js';
import type { PreviewBlock, PreviewFeed, PreviewProgress, PreviewResult, PreviewSink } from './preview-event.js';
import { PreviewRun, type PreviewRunOptions } from './preview-run.js';
import { PreviewTally } from './preview-tally.js';
import { SampleRoom } from './sample-room.js';

export interface PreviewInput extends DraftInput {
  /** Whose users are looked at; '' for all users. */
  readonly organizationId: string;
  /** How many users of each group to give, 0…100; undefined for 10. */
  readonly sampleSize: number | undefined;
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
    const held = heldAgainst(input, { snapshot, now, known });
    const { flag, warnings, sides, needs, countedAs, earnerDaysOf } = held;
    const tallied = { sides, sampleSize: input.sampleSize ?? DEFAULT_SAMPLE, room: new SampleRoom() };
    const tally = new PreviewTally(tallied);
    const both = [held.before, held.after];
    const earners = both.some((side) => isEarned(side, flag.key)) ? new EarnerTally(tallied) : undefined;
    const members = both.some((side) => readsOrganizations(side, flag.key)) ? new MemberTally(tallied) : undefined;
    return {
      store,
      tally,
      earners,
      members,
      ...{ needs, countedAs, earnerDaysOf },
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

function checkInput({ organizationId, sampleSize, ...draft }: PreviewInput): void {
  checkDraft(draft);
  const fault = organizationId === '' ? undefined : faultOfName('organizationId', organizationId);
  if (fault !== undefined) throw invalidAt('/organization_id', fault);
  if (sampleSize !== undefined && !(sampleSize >= 0 && sampleSize <= MAX_SAMPLE)) {
    throw invalidAt('/sample_size', `sample_size is 0 to ${MAX_SAMPLE}, not ${sampleSize}`);
  }
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
