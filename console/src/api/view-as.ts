import { loadAt } from './closing.js';

/** Of the tab: the organization as whose administrator the console is looked at. */
const KEY = 'latchkey.view-as';

/** The organization as whose administrator this tab looks at the console; '' for who is signed in. */
export function viewedOrganization(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

/** Has this tab look at the console as the administrator of an organization, from the beginning: nothing that was seen before stays. */
export function viewAs(organization: string): void {
  sessionStorage.setItem(KEY, organization);
  openOrganization(organization);
}

/** Has this tab look at the console as who is signed in again. */
export function leaveView(): void {
  const organization = viewedOrganization();
  sessionStorage.removeItem(KEY);
  openOrganization(organization);
}

/** Ends the view where it is, for who is signed in by now may not have it. */
export function dropView(): void {
  sessionStorage.removeItem(KEY);
}

function openOrganization(id: string): void {
  loadAt(new URL(`organizations/${encodeURIComponent(id)}`, document.baseURI));
}

/** What has the server answer as it answers an administrator of that organization: the header `x-latchkey-view-as`. */
export function viewHeaders(): Record<string, string> {
  const organization = viewedOrganization();
  return organization === '' ? {} : { 'x-latchkey-view-as': encodeURIComponent(organization) };
}
