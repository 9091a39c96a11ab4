import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { readFlagSearch } from '../pages/flag/flag-search.js';
import { readFlagsSearch } from '../pages/flags/flags-search.js';
import { readHistorySearch } from '../pages/history/history-search.js';
import { readNewFlagSearch } from '../pages/new-flag/new-flag-search.js';
import { readOnboardingSearch, readStageSearch } from '../pages/onboarding/onboarding-search.js';
import { readOrganizationSearch, textOf } from '../pages/organization/organization-search.js';
import { readPeopleSearch } from '../pages/people/people-search.js';
import { readPersonSearch } from '../pages/person/queries/person-search.js';
import { readSegmentSearch } from '../pages/segment/segment-search.js';
import { readSettingsSearch } from '../pages/settings/listing/settings-search.js';
import { NotFound, PageFailure } from './page-failure.js';
import {
  ActionsPage,
  FlagPage,
  FlagsPage,
  HistoryPage,
  NewFlagPage,
  NewSegmentPage,
  OnboardingPage,
  OrganizationPage,
  OrganizationsPage,
  PeoplePage,
  PersonPage,
  SegmentPage,
  SegmentsPage,
  SettingsPage,
  StagePage,
  TodayPage,
} from './pages.js';
import { Shell } from './shell/shell.js';
import { Start } from './start.js';

/**
 * Validates a search by a function that leaves out what is not of the page: the router would put what was left out back from the address, as
 * that has it, so it is told as undefined.
 */
function reading<T extends object>(read: (search: Readonly<Record<string, unknown>>) => T) {
  return (search: Record<string, unknown>): T => {
    const nothing = Object.fromEntries(Object.keys(search).map((name) => [name, undefined]));
    return { ...nothing, ...read(search) };
  };
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, errorComponent: PageFailure });

const start = createRoute({ getParentRoute: () => root, path: '/', component: Start });

const today = createRoute({
  getParentRoute: () => root,
  path: '/today',
  component: TodayPage,
});

const flags = createRoute({
  getParentRoute: () => root,
  path: '/flags',
  validateSearch: reading(readFlagsSearch),
  component: FlagsPage,
});

const flag = createRoute({
  getParentRoute: () => root,
  path: '/flags/$key',
  // A flag may be called `new`, which is the address of the page that makes one; no key has a tilde.
  params: {
    parse: ({ key }) => ({ key: key === '~new' ? 'new' : key }),
    stringify: ({ key }) => ({ key: key === 'new' ? '~new' : key }),
  },
  validateSearch: reading(readFlagSearch),
  component: FlagPage,
});

const newFlag = createRoute({
  getParentRoute: () => root,
  path: '/flags/new',
  validateSearch: reading(readNewFlagSearch),
  component: NewFlagPage,
});

const segments = createRoute({
  getParentRoute: () => root,
  path: '/segments',
  validateSearch: reading((search): { readonly q?: string } => {
    const q = textOf(search.q);
    return q === undefined ? {} : { q };
  }),
  component: SegmentsPage,
});

const newSegment = createRoute({
  getParentRoute: () => root,
  path: '/segments/new',
  validateSearch: reading((search): { readonly key?: string } => {
    const key = textOf(search.key);
    return key === undefined ? {} : { key };
  }),
  component: NewSegmentPage,
});

const segment = createRoute({
  getParentRoute: () => root,
  path: '/segments/$key',
  validateSearch: reading(readSegmentSearch),
  component: SegmentPage,
});

const people = createRoute({
  getParentRoute: () => root,
  path: '/people',
  validateSearch: reading(readPeopleSearch),
  component: PeoplePage,
});

const person = createRoute({
  getParentRoute: () => root,
  path: '/people/$id',
  validateSearch: reading(readPersonSearch),
  component: PersonPage,
});

const organizations = createRoute({
  getParentRoute: () => root,
  path: '/organizations',
  validateSearch: reading((search): { readonly q?: string } => {
    const q = textOf(search.q);
    return q === undefined ? {} : { q };
  }),
  component: OrganizationsPage,
});

const organization = createRoute({
  getParentRoute: () => root,
  path: '/organizations/$id',
  validateSearch: reading(readOrganizationSearch),
  component: OrganizationPage,
});

const onboarding = createRoute({
  getParentRoute: () => root,
  path: '/onboarding',
  validateSearch: reading(readOnboardingSearch),
  component: OnboardingPage,
});

const stage = createRoute({
  getParentRoute: () => root,
  path: '/onboarding/$stage',
  validateSearch: reading(readStageSearch),
  component: StagePage,
});

const actions = createRoute({
  getParentRoute: () => root,
  path: '/actions',
  validateSearch: reading((search): { readonly action?: string } => {
    const action = textOf(search.action);
    return action === undefined ? {} : { action };
  }),
  component: ActionsPage,
});

const history = createRoute({
  getParentRoute: () => root,
  path: '/history',
  validateSearch: reading(readHistorySearch),
  component: HistoryPage,
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: reading(readSettingsSearch),
  component: SettingsPage,
});

/** What the console's own addresses begin with, as the page's `<base>` says. */
const basepath = new URL(document.baseURI).pathname.replace(/\/$/, '');

export const router = createRouter({
  routeTree: root.addChildren([
    start,
    today,
    flags,
    flag,
    newFlag,
    segments,
    newSegment,
    segment,
    people,
    person,
    organizations,
    organization,
    onboarding,
    stage,
    actions,
    history,
    settings,
  ]),
  basepath,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: PageFailure,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
