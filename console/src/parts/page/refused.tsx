import { RefusedIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/words.js';
import { isolated } from '../isolated.js';
import { useSessionIfAny } from './session-context.js';

/** Why who is signed in may not do what is refused to them, and who can help. */
export function useRefusal(): string {
  const { states } = words;
  const caller = useSessionIfAny()?.caller;
  if (caller === undefined) return states.refusedWhat;
  const { organization_id: organization, scopes } = caller;
  if (organization === '') return states.refusedScope(scopes);
  return caller.kind === 'token'
    ? states.refusedBound(isolated(organization))
    : states.refusedAdministrator(isolated(organization));
}

/** How the server begins where a kind of caller may not make a call: `GetHealth is for the platform; …`. It names it for those who write code. */
const NAMES_A_CALL = /^(?:[A-Z][a-z]+){2,} (?:is|needs) /;

export interface RefusedProps {
  /** What the server says of it. */
  readonly said?: string | undefined;
  readonly role?: 'status';
}

/** Says that who is signed in may not see a page, why not, and who can help. */
export function Refused({ said, role }: RefusedProps) {
  const why = useRefusal();
  return (
    <Notice {...(role === undefined ? {} : { role })} icon={<RefusedIcon />} title={words.states.refused}>
      <p>{said === undefined || NAMES_A_CALL.test(said) ? why : said}</p>
    </Notice>
  );
}
