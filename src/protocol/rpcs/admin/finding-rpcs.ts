import { invalidAt } from '../../../calls/errors.js';
import { namesIn } from '../../../core/sentences/uses.js';
import { FLAG_STATES, type FlagState } from '../../../core/snapshot/flag-state.js';
import { attributeAt } from '../../../core/states/searched-attributes.js';
import type { SearchResult } from '../../../services/finding/finding.js';
import { FLAG_ORDERS } from '../../../services/finding/flag-index.js';
import type { ServiceSet } from '../../../services/service-set.js';
import { type ListedOrganization, type ListedUser, SearchKind } from '../../gen/latchkey/v1/finding.js';
import { FlagState as FlagStateMessage } from '../../gen/latchkey/v1/flag.js';
import { flagMessage } from '../../messages/configuration-messages.js';
import { enumWord, instant } from '../../messages/fields.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

/** Lists that are searched, and the search over all of them. */
export function findingRpcs({
  finding,
  keeper,
}: Pick<ServiceSet, 'finding' | 'keeper'>): AdminRpcs<'listFlags' | 'listUsers' | 'listOrganizations' | 'search'> {
  return {
    listFlags: {
      async handle(request, call) {
        const paging = new Paging('ListFlags', request);
        const order = enumWord([FLAG_ORDERS[0], ...FLAG_ORDERS], request.order, '/order');
        const states = request.states.map((state, i) => stateWord(state, `/states/${i}`));
        const found = await finding.flags(call, { ...request, order, states }, paging.page);
        const { snapshot } = keeper;
        const names = namesIn(snapshot);
        return {
          flags: found.items.map(({ flag }) => flagMessage(flag, names, snapshot.flags.get(flag.key))),
          states: found.items.map(({ state }) => stateMessage(state)),
          nextPageToken: paging.tokenOf(found.next),
          total: found.total,
          stateCounts: FLAG_STATES.map((state) => ({
            state: stateMessage(state),
            count: found.states.get(state) ?? 0,
          })),
          tags: request.facets ? [...found.tags] : [],
          owners: request.facets ? [...found.owners] : [],
        };
      },
    },
    listUsers: {
      async handle(request, call) {
        const paging = new Paging('ListUsers', request);
        const { items, next, attributes, filling } = await finding.users(call, request, paging.page);
        return {
          users: items.map((user) => listedUser(user, attributes)),
          nextPageToken: paging.tokenOf(next),
          filling,
        };
      },
    },
    listOrganizations: {
      async handle(request, call) {
        const paging = new Paging('ListOrganizations', request);
        const { items, next } = await finding.organizations(call, { ...request, page: paging.page });
        return { organizations: items.map(listedOrganization), nextPageToken: paging.tokenOf(next) };
      },
    },
    search: {
      async handle({ q }, call) {
        const { flags, users, organizations, segments, actions, stages } = await finding.search(call, q);
        const kinds = [flags, users, organizations, segments, actions, stages];
        return {
          flags: (flags?.items ?? []).map(({ flag: { key, name }, state }) => ({
            ...{ key, name },
            state: stateMessage(state),
          })),
          users: (users?.items ?? []).map((user) => listedUser(user, users!.attributes)),
          organizations: (organizations?.items ?? []).map(listedOrganization),
          segments: (segments?.items ?? []).map(({ key, name }) => ({ key, name })),
          actions: (actions?.items ?? []).map(({ key }) => key),
          stages: (stages?.items ?? []).map(({ key }) => key),
          more: KINDS.filter((_, i) => kinds[i]?.more === true),
        };
      },
    },
  };
}

type Hit<Kind extends keyof SearchResult> = NonNullable<SearchResult[Kind]>['items'][number];

/** In the order of what a search gives. */
const KINDS = [
  SearchKind.SEARCH_KIND_FLAG,
  SearchKind.SEARCH_KIND_USER,
  SearchKind.SEARCH_KIND_ORGANIZATION,
  SearchKind.SEARCH_KIND_SEGMENT,
  SearchKind.SEARCH_KIND_ACTION,
  SearchKind.SEARCH_KIND_STAGE,
] as const;

function stateWord(state: FlagStateMessage, pointer: string): FlagState {
  // The protocol's numbers begin with that of no state.
  const word = FLAG_STATES[state - 1];
  if (word !== undefined) return word;
  throw invalidAt(pointer, `${pointer.slice(1)} ${state} is none of: ${FLAG_STATES.join(', ')}`);
}

function stateMessage(state: FlagState): FlagStateMessage {
  return FlagStateMessage[`FLAG_STATE_${state}`];
}

function listedUser(user: Hit<'users'>, attributes: readonly string[]): ListedUser {
  const { userId, organizationId, roles, stage, stageEnteredAt, joinedAt, emailVerified } = user;
  return {
    ...{ userId, organizationId, roles: [...roles], stage, emailVerified },
    stageEnteredAt: instant(stageEnteredAt),
    joinedAt: instant(joinedAt),
    attributes: attributes.flatMap((name) => {
      const value = attributeAt(user.attributes, name);
      return value === undefined ? [] : [{ name, value }];
    }),
  };
}

function listedOrganization({ members, ...organization }: Hit<'organizations'>): ListedOrganization {
  return { ...organization, ...(members === undefined ? {} : { members }) };
}
