import type { ReactNode } from 'react';
import { RefusedIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import { isolated } from '../isolated.js';
import { useMay, useSession } from './session-context.js';

/** Shows a page to who may call the operation that it stands on, and to anybody else that they may not. */
export function Allowed({ operation, children }: { readonly operation: string; readonly children: ReactNode }) {
  return useMay(operation) ? children : <Refused />;
}

/** Says that who is signed in may not see a page, why not, and who can help. */
export function Refused() {
  const { states } = words;
  const { caller } = useSession();
  const { organization_id: organization, scopes } = caller;
  const ofOrganization = caller.kind === 'token' ? states.refusedBound : states.refusedAdministrator;
  return (
    <Notice icon={<RefusedIcon />} title={states.refused}>
      <p>{organization === '' ? states.refusedScope(scopes) : ofOrganization(isolated(organization))}</p>
    </Notice>
  );
}
