import type { RouteComponent } from '@tanstack/react-router';
import { later } from '../parts/loading/later.js';

// With types of their own, since the pages' types depend on the router's.
export const TodayPage: RouteComponent = later(() =>
  import('../pages/today/today-page.js').then(({ TodayPage }) => ({ default: TodayPage })),
);
export const FlagsPage: RouteComponent = later(() =>
  import('../pages/flags/flags-page.js').then(({ FlagsPage }) => ({ default: FlagsPage })),
);
export const FlagPage: RouteComponent = later(() =>
  import('../pages/flag/flag-page.js').then(({ FlagPage }) => ({ default: FlagPage })),
);
export const NewFlagPage: RouteComponent = later(() =>
  import('../pages/new-flag/new-flag-page.js').then(({ NewFlagPage }) => ({ default: NewFlagPage })),
);
export const SegmentsPage: RouteComponent = later(() =>
  import('../pages/segments/segments-page.js').then(({ SegmentsPage }) => ({ default: SegmentsPage })),
);
export const NewSegmentPage: RouteComponent = later(() =>
  import('../pages/segment/new-segment-page.js').then(({ NewSegmentPage }) => ({ default: NewSegmentPage })),
);
export const SegmentPage: RouteComponent = later(() =>
  import('../pages/segment/segment-page.js').then(({ SegmentPage }) => ({ default: SegmentPage })),
);
export const PeoplePage: RouteComponent = later(() =>
  import('../pages/people/people-page.js').then(({ PeoplePage }) => ({ default: PeoplePage })),
);
export const PersonPage: RouteComponent = later(() =>
  import('../pages/person/person-page.js').then(({ PersonPage }) => ({ default: PersonPage })),
);
export const OrganizationsPage: RouteComponent = later(() =>
  import('../pages/organizations/organizations-page.js').then(({ OrganizationsPage }) => ({
    default: OrganizationsPage,
  })),
);
export const OrganizationPage: RouteComponent = later(() =>
  import('../pages/organization/organization-page.js').then(({ OrganizationPage }) => ({ default: OrganizationPage })),
);
export const OnboardingPage: RouteComponent = later(() =>
  import('../pages/onboarding/onboarding-page.js').then(({ OnboardingPage }) => ({ default: OnboardingPage })),
);
export const StagePage: RouteComponent = later(() =>
  import('../pages/onboarding/stage-page.js').then(({ StagePage }) => ({ default: StagePage })),
);
export const ActionsPage: RouteComponent = later(() =>
  import('../pages/actions/actions-page.js').then(({ ActionsPage }) => ({ default: ActionsPage })),
);
export const HistoryPage: RouteComponent = later(() =>
  import('../pages/history/history-page.js').then(({ HistoryPage }) => ({ default: HistoryPage })),
);
export const SettingsPage: RouteComponent = later(() =>
  import('../pages/settings/settings-page.js').then(({ SettingsPage }) => ({ default: SettingsPage })),
);
