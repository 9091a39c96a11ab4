import {
  FlagIcon,
  HistoryIcon,
  OnboardingIcon,
  OrganizationIcon,
  PeopleIcon,
  SegmentIcon,
  SettingsIcon,
  TodayIcon,
} from '../../ui/icons.js';
import { words } from '../../words/words.js';

export interface Page {
  readonly path:
    | '/today'
    | '/flags'
    | '/segments'
    | '/people'
    | '/organizations'
    | '/onboarding'
    | '/history'
    | '/settings';
  readonly words: { readonly name: string; readonly question: string };
  readonly icon: typeof FlagIcon;
  /** Whoever may not call it does not see the page. */
  readonly operation: string;
  /** After `g`. */
  readonly key: string;
  /** Pages elsewhere that are part of it. */
  readonly parts?: readonly string[];
}

/** The pages that there are, in the order of the rail. */
export const PAGES: readonly Page[] = [
  { path: '/today', words: words.pages.today, icon: TodayIcon, operation: 'GetOverview', key: 't' },
  { path: '/flags', words: words.pages.flags, icon: FlagIcon, operation: 'ListFlags', key: 'f' },
  { path: '/segments', words: words.pages.segments, icon: SegmentIcon, operation: 'ListSegments', key: 's' },
  { path: '/people', words: words.pages.people, icon: PeopleIcon, operation: 'ListUsers', key: 'p' },
  {
    path: '/organizations',
    words: words.pages.organizations,
    icon: OrganizationIcon,
    operation: 'ListOrganizations',
    key: 'o',
  },
  {
    path: '/onboarding',
    words: words.pages.onboarding,
    icon: OnboardingIcon,
    operation: 'GetFunnel',
    key: 'b',
    parts: ['/actions'],
  },
  { path: '/history', words: words.pages.history, icon: HistoryIcon, operation: 'ListAudit', key: 'h' },
  { path: '/settings', words: words.pages.settings, icon: SettingsIcon, operation: 'GetHealth', key: ',' },
];

/** Whether a route is this page, or stands below it; neither where it is elsewhere. */
export function standsAt({ path, parts = [] }: Page, route: string): 'page' | 'true' | undefined {
  if (route === path) return 'page';
  return [path, ...parts].some((place) => route === place || route.startsWith(`${place}/`)) ? 'true' : undefined;
}
