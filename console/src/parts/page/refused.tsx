import { RefusedIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import { isolated } from '../isolated.js';
import { useSession } from './session-context.js';

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
