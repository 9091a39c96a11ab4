import type { Call } from '../../calls/caller.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import { earnerDaysOf, type Snapshot } from '../../core/snapshot/snapshot.js';
import type { StateNeeds } from '../../core/snapshot/state-needs.js';
import type { Store } from '../../store/store.js';
import type { OrganizationRoles } from '../organizations/organization-roles.js';
import type { RoleDraft } from '../organizations/role-plans.js';
import type { PreviewFeed, PreviewSink } from './preview-event.js';
import type { PreviewWork } from './preview-work.js';
import { type RoleTallied, RoleTally } from './role-tally.js';

export interface RolePreviewInput {
  readonly organizationId: string;
  readonly draft: RoleDraft;
  /** How many members to tell of, 0…100; undefined for 10. */
  readonly sampleSize: number | undefined;
}

export interface RolePreviewResult extends RoleTallied {
  /** Why the change would be refused, or ''. */
  readonly refusal: string;
  /** The instant at which everybody was decided, in epoch milliseconds. */
  readonly asOf: number;
}

export interface RolePreviewOptions {
  readonly store: Pick<Store, 'states' | 'userPages' | 'now'>;
  readonly keeper: Pick<ConfigurationKeeper, 'refresh'>;
  readonly organizationRoles: Pick<OrganizationRoles, 'draft'>;
  readonly work: PreviewWork;
}

/** What any flag may depend on: of the days of actions, of which there are very many, those alone that some rule reads. */
function needsOfAll({ windowedActions }: Snapshot): StateNeeds {
  const days = new Set(windowedActions.keys());
  return { actions: undefined, days, stagesReached: true, access: true, organizations: true };
}

/** Finds out which features members of an organization would gain and lose by a change of its roles, without making it. */
export class RolePreview {
  readonly #options: RolePreviewOptions;

  constructor(options: RolePreviewOptions) {
    this.#options = options;
  }

  /** Begins a preview over all members, which goes on until the sink has been given the result or a failure. */
  async preview(call: Call, input: RolePreviewInput, sink: PreviewSink<RolePreviewResult>): Promise<PreviewFeed> {
    authorize(call, 'PreviewOrganizationRoles');
    const { store, keeper, organizationRoles, work } = this.#options;
    return work.begin(call, sink, async () => {
      const { organizationId, draft, sampleSize } = input;
      const { change, refusal, manager } = await organizationRoles.draft(call, organizationId, draft);
      const [snapshot, asOf] = await Promise.all([keeper.refresh(), store.now()]);
      const tally = new RoleTally({ snapshot, change, now: asOf, manager, sampleSize });
      return {
        ...{ store, tally, organizationId, needs: needsOfAll(snapshot), countedAs: undefined },
        earnerDaysOf: earnerDaysOf(snapshot),
        result: () => ({ ...tally.result, refusal, asOf }),
      };
    });
  }
}
