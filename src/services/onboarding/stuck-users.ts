import type { Call } from '../../calls/caller.js';
import { requireName } from '../../calls/check-input.js';
import { invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { StuckUser } from '../../store/onboarding-store.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { ownOrganization } from './funnel.js';

export interface StuckInput {
  readonly stage: string;
  /** For how many times 24 hours at least; 0 for everybody who is in the stage. */
  readonly stuckDays: number;
  /** Of an organization's members alone; '' for everybody, or for the caller's own organization where they are confined to one. */
  readonly organizationId: string;
}

const MAX_STUCK_DAYS = 36_500;

/** Who does not get on in onboarding. */
export class StuckUserService {
  readonly #store: Pick<Store, 'onboarding' | 'now'>;

  constructor(store: Pick<Store, 'onboarding' | 'now'>) {
    this.#store = store;
  }

  /** A page of the users who have been in a stage for so many days, those first who have been there for longest. */
  async list(call: Call, { stage, stuckDays, ...input }: StuckInput, page: PageRequest): Promise<Page<StuckUser>> {
    authorize(call, 'ListStuckUsers');
    const organizationId = ownOrganization(call, input.organizationId);
    const enteredBy = enteredByFor({ stage, stuckDays }, await this.#store.now());
    return this.#store.onboarding.stuck({ ...page, stage, organizationId, enteredBy });
  }
}

/** Since when at least somebody has been in the stage who is stuck there now, in epoch milliseconds. Rejects what is no stage or too long. */
export function enteredByFor({ stage, stuckDays }: Omit<StuckInput, 'organizationId'>, now: number): number {
  requireName('stage', stage, '/stage');
  if (stuckDays > MAX_STUCK_DAYS) {
    throw invalidAt('/stuck_days', `stuck_days is at most ${MAX_STUCK_DAYS}, not ${stuckDays}`);
  }
  return now - stuckDays * DAY_MS;
}
