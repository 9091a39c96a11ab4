import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { FeatureFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { apiUrl, call } from '../../../api/api.js';
import { useDebounced } from '../../../parts/list/use-debounced.js';
import { Failure } from '../../../parts/page/failure.js';
import { useMay, useSession } from '../../../parts/page/session-context.js';
import { withLocalInstants } from '../../../parts/time/instant.js';
import { Button } from '../../../ui/button.js';
import { TextField } from '../../../ui/field.js';
import { DoneIcon, OffIcon } from '../../../ui/icons.js';
import { Patiently, Skeleton, Snippet } from '../../../ui/page-states.js';
import { words } from '../../../words/flag-parts-words.js';
import { readPinned } from '../trying/pinned.js';
import { answerOf, snippetOf, WAYS, type Way } from './snippets.js';
import './use-tab.css';

/** The code that asks for the flag, and what it answers now. */
export default function UseTab({ flag }: { readonly flag: FeatureFlag }) {
  const { use } = words.flagParts;
  const [way, setWay] = useState<Way>('fetch');
  const [typed, setTyped] = useState(() => readPinned()[0] ?? 'ada');
  const user = typed.trim() || 'ada';
  const mayExplain = useMay('ExplainFlag');
  const { grpc } = useSession();
  const url = apiUrl('/api/feature-flags/');
  const asked = {
    flag: flag.key,
    user,
    boolean: flag.type === 'BOOLEAN' || flag.type === 'TYPE_UNSPECIFIED',
    url,
    grpc,
  };
  return (
    <div className="use-tab">
      <p className="use-what">{use.what}</p>
      {flag.archived === true && <p className="use-remark">{use.archived}</p>}
      {flag.client_visible === false && <p className="use-remark">{use.hidden}</p>}
      <div className="use-line" data-own-undo>
        <TextField
          label={use.forWhom}
          hint={use.forWhomHint}
          value={typed}
          maxLength={191}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setTyped(target.value)}
        />
        <fieldset className="use-ways">
          <legend className="unseen">{use.ways}</legend>
          {WAYS.map((each) => (
            <Button
              key={each}
              kind={each === way ? 'plain' : 'quiet'}
              aria-pressed={each === way}
              onClick={() => setWay(each)}
            >
              {use.names[each]}
            </Button>
          ))}
        </fieldset>
      </div>
      <Snippet label={use.names[way]} text={snippetOf(way, asked)} />
      <p className="use-what">{way === 'grpc' && grpc === null ? use.noGrpc : use.whats[way]}</p>
      {mayExplain && <Answer flag={flag} user={user} way={way} />}
    </div>
  );
}

interface AnswerProps {
  readonly flag: FeatureFlag;
  readonly user: string;
  readonly way: Way;
}

/** What the server decides now, as the code would have it. */
function Answer({ flag, user, way }: AnswerProps) {
  const { use } = words.flagParts;
  const wanted = useDebounced(user);
  const { data, error, refetch } = useQuery({
    queryKey: ['flag', flag.key, 'answer', wanted],
    queryFn: ({ signal }) =>
      call('GET /api/admin/users/{user_id}/flags/{flag}/explain', {
        path: { user_id: wanted, flag: flag.key },
        signal,
      }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const decision = data?.explanation?.decision;
  const said = decision === undefined ? undefined : answerOf(way, decision, flag);
  return (
    <section className="use-answer" aria-label={use.answer}>
      <h2>{use.answer}</h2>
      {decision !== undefined ? (
        <>
          <p className="use-standing" data-on={decision.enabled ? '' : undefined}>
            {decision.enabled ? <DoneIcon aria-hidden /> : <OffIcon aria-hidden />}
            <bdi className="said">{withLocalInstants(data?.explanation?.sentence ?? '')}</bdi>
          </p>
          <p className="use-what">{way === 'grpc' ? use.decision : said === undefined ? notListed(flag) : use.entry}</p>
          {said !== undefined && <Snippet label={use.answerJson} text={said} />}
        </>
      ) : error !== null ? (
        <Failure error={error} onAgain={() => void refetch()} />
      ) : (
        <Patiently>
          <Skeleton width="50%" />
        </Patiently>
      )}
    </section>
  );
}

/** Why the list has no entry of the flag. */
function notListed({ archived, client_visible }: FeatureFlag): string {
  const { use } = words.flagParts;
  return archived !== true && client_visible === false ? use.notForScreens : use.notListed;
}
