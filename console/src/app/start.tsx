import { Navigate } from '@tanstack/react-router';
import { useSession } from '../parts/page/session-context.js';
import { PAGES } from './shell/navigation.js';

/** Leads an organization's administrator to their organization, everybody else to the first page that they may see. */
export function Start() {
  const { operations, caller } = useSession();
  const { organization_id: id } = caller;
  if (id !== '' && operations.includes('GetOrganization')) {
    return <Navigate to="/organizations/$id" params={{ id }} search={{}} replace />;
  }
  const first = PAGES.find(({ operation }) => operations.includes(operation));
  return <Navigate to={first?.path ?? '/flags'} search={{}} replace />;
}
