import { getRouteApi } from '@tanstack/react-router';
import { readSettingsSearch, type SettingsSearch, type Tab } from './settings-search.js';

const route = getRouteApi('/settings');

/** What the address says, and how a part of it is set, which replaces it: filters are no steps of the way back. */
export function useSettings(tab: Tab) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (part: SettingsSearch, replace = true): void =>
    void navigate({ search: readSettingsSearch({ ...search, tab, ...part }), replace });
  return { search, set };
}
