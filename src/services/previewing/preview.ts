import type { Call } from '../../calls/caller.js';
import { invalidAt } from '../../calls/errors.js';
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
import type { PreviewBlock, PreviewFeed, PreviewResult, PreviewSink } from './preview-event.js';
import { PreviewTally } from './preview-tally.js';
import type { PreparedPreview, PreviewWork } from './preview-work.js';
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
  readonly work: PreviewWork;
}

const DEFAULT_SAMPLE = 10;
const MAX_SAMPLE = 100;

/** Finds out what a change of a flag would come to for all users, without making it. */
export class PreviewService {
  readonly #options: PreviewOptions;

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
    return this.#options.work.begin(call, sink, () => this.#prepare(input));
  }

  async #prepare(input: PreviewInput): Promise<PreparedPreview<PreviewResult>> {
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
