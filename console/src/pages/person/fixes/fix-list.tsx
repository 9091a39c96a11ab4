import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ExplainedUser, Explanation } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { serverNow } from '../../../api/server-clock.js';
import { actorTo } from '../../../parts/ledger/entry-text.js';
import { later, useAhead } from '../../../parts/loading/later.js';
import { Optional } from '../../../parts/loading/optional.js';
import { useSession } from '../../../parts/page/session-context.js';
import { withLocalInstants } from '../../../parts/time/instant.js';
import { Button } from '../../../ui/button.js';
import { words } from '../../../words/people-words.js';
import { useFlag, useLedger } from '../queries/person-queries.js';
import { fixName } from './fix-name.js';
import { useTrials } from './fix-trials.js';
import { barredInVain, type Fix, fixesFor } from './fixes.js';

const FixDialog = later(() => import('./fix-dialog.js'));

export interface FixListProps {
  readonly id: string;
  readonly flag: string;
  readonly explanation: Explanation;
  readonly user: ExplainedUser | undefined;
}

/** What helps about how a flag stands for a person, and nothing else. */
export function FixList({ id, flag, explanation, user }: FixListProps) {
  useAhead(FixDialog);
  const { panel } = words.person;
  const { operations, caller } = useSession();
  const [chosen, setChosen] = useState<Fix>();
  const { delegated, asking: delegating } = useDelegated(flag, caller.organization_id);
  const answering = explanation.lines.find(({ verdict }) => verdict === 'ANSWERS')?.line;
  const on = explanation.decision?.enabled === true;
  // Asked where it is on whether people's own apps are told of it, and where it is switched off, or outside its window, which it is.
  const configured = useFlag(flag, operations.includes('GetFlag') && (on || answering === 'SWITCHED_ON'));
  const fine = explanation.decision?.valid_until === undefined ? panel.fine : panel.fineUntil;
  const clientVisible = configured.data?.flag?.client_visible !== false;
  const possible = fixesFor(explanation, {
    may: (operation) => operations.includes(operation),
    organization: caller.organization_id,
    delegated,
    active: configured.data?.flag?.active,
    now: user?.at === undefined ? new Date(serverNow()) : new Date(user.at),
  });
  const { helping: fixes, idle, unknown, asking, again } = useTrials({ id, flag }, explanation, possible);
  const busy = asking || delegating || configured.isLoading;
  const barred = barredInVain(explanation);
  return (
    <section className="fixes" aria-label={panel.fixes} aria-busy={busy}>
      {answering === 'EXISTS' && !on && <p>{panel.archived}</p>}
      {on && <p>{clientVisible ? fine : panel.client}</p>}
      {!on && possible.length === 0 && !busy && answering !== 'EXISTS' && answering !== 'PREREQUISITES' && (
        <p>{panel.notYours}</p>
      )}
      {!on && <Revoked id={id} flag={flag} explanation={explanation} />}
      {barred.map(({ requirement, sentence }) => (
        <p key={requirement?.rule_id}>{words.person.fixes.barred(sentence)}</p>
      ))}
      {idle.map(({ fix, after }) => (
        <p key={JSON.stringify(fix)}>{words.person.fixes.idle(nameAlone(fix, id), afterwards(after))}</p>
      ))}
      {unknown.length > 0 && (
        <div className="fixes-unknown">
          <p>
            {(again === undefined ? words.person.fixes.untold : words.person.fixes.unknown)(
              unknown.map((fix) => words.person.fixes.named(nameAlone(fix, id))).join(', '),
            )}
          </p>
          {again !== undefined && (
            <Button kind="quiet" onClick={again}>
              {words.person.fixes.again}
            </Button>
          )}
        </div>
      )}
      {fixes.length > 0 && (
        <div className="fixes-list">
          {fixes.map((fix) => (
            <Button key={JSON.stringify(fix)} onClick={() => setChosen(fix)}>
              {fixName(fix, id)}
            </Button>
          ))}
        </div>
      )}
      <Optional key={String(chosen !== undefined)} onFailed={() => setChosen(undefined)}>
        {chosen !== undefined && <FixDialog id={id} flag={flag} fix={chosen} onClose={() => setChosen(undefined)} />}
      </Optional>
    </section>
  );
}

function nameAlone(fix: Fix, id: string): string {
  return fixName(fix, id).replace(/…$/, '');
}

/** How the flag would stand after it; an organization is told that alone. */
function afterwards({ sentence, decision }: Explanation): string {
  const { on, off } = words.person.fixes.still;
  return withLocalInstants(sentence || (decision?.enabled === true ? on : off));
}

/** Who took a flag away from the person, and why, where that is what keeps it off. */
function Revoked({ id, flag, explanation }: Pick<FixListProps, 'id' | 'flag' | 'explanation'>) {
  const session = useSession();
  const { operations } = session;
  const { rules, kept } = explanation;
  const revoked =
    rules.some(({ outcome }) => outcome === 'REVOKED') || kept.some(({ state }) => state === 'STATE_REVOKED');
  const { data } = useLedger(id, revoked && operations.includes('ListUnlocks'));
  const cause = data?.findLast(({ flag_key, kind }) => flag_key === flag && kind === 'KIND_REVOKED')?.cause;
  if (!revoked || cause === undefined || cause.actor === '') return null;
  return <p>{words.person.fixes.revokedBy(actorTo(session, cause), cause.reason)}</p>;
}

/** Whether the organization that somebody administers puts rows of a flag. */
function useDelegated(flag: string, organization: string) {
  const { data, isLoading } = useQuery({
    queryKey: ['organization', organization, 'flags'],
    queryFn: ({ signal }) =>
      call('GET /api/admin/organizations/{organization_id}/flags', {
        path: { organization_id: organization },
        query: { page_size: 1_000 },
        signal,
      }),
    enabled: organization !== '',
  });
  return { delegated: data?.flags.some(({ flag_key }) => flag_key === flag) === true, asking: isLoading };
}
