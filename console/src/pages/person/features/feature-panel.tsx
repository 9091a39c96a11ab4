import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { ExplainFlagResponse } from '../../../../../src/protocol/gen/admin-json.js';
import { explanationText } from '../../../parts/ladder/explanation-text.js';
import { Ladder } from '../../../parts/ladder/ladder.js';
import { Failure } from '../../../parts/page/failure.js';
import { useMay } from '../../../parts/page/session-context.js';
import { withLocalInstants } from '../../../parts/time/instant.js';
import { Moment } from '../../../parts/time/moment.js';
import { Button } from '../../../ui/button.js';
import { CheckIcon, CopyIcon, FlagIcon, HelpIcon, ScheduledIcon } from '../../../ui/icons.js';
import { Patiently, Skeleton, Snippet } from '../../../ui/page-states.js';
import { words } from '../../../words/people-words.js';
import { FixList } from '../fixes/fix-list.js';
import { useOpening } from '../queries/opening.js';
import { useExplanation } from '../queries/person-queries.js';
import type { WhatIf } from '../queries/person-search.js';
import { WhatIfForm } from '../what-if/what-if-form.js';

export interface FeaturePanelProps {
  readonly id: string;
  readonly flag: string;
  /** Why it is on or off, as the line that opens this says it: whoever is told no more is told that here, too. */
  readonly why: string;
  readonly whatIf: WhatIf | undefined;
  readonly onWhatIf: (whatIf: WhatIf | undefined) => void;
}

/** Why a flag is on or off for a person: the sentence, the order of evaluation, what helps; or what it would be with other values. */
export default function FeaturePanel({ id, flag, why, whatIf, onWhatIf }: FeaturePanelProps) {
  const { panel } = words.person;
  const { data, error, refetch, isPlaceholderData } = useExplanation(id, flag, whatIf);
  const [asking, setAsking] = useState(whatIf !== undefined);
  const mayOpen = useMay('GetFlag');
  if (data?.explanation === undefined)
    return error === null ? (
      <Patiently>
        <Skeleton width="60%" />
      </Patiently>
    ) : (
      <>
        <Failure error={error} onAgain={() => void refetch()} />
        {whatIf !== undefined && <Button onClick={() => onWhatIf(undefined)}>{words.person.whatIf.end}</Button>}
      </>
    );
  const { explanation } = data;
  return (
    <div className="panel" data-stale={isPlaceholderData ? '' : undefined}>
      <Answer id={id} flag={flag} why={why} answer={data} />
      {asking && (
        <WhatIfForm
          key={JSON.stringify(whatIf)}
          id={id}
          whatIf={whatIf}
          onAsk={onWhatIf}
          onEnd={() => {
            setAsking(false);
            onWhatIf(undefined);
          }}
        />
      )}
      <Ladder
        flag={flag}
        explanation={explanation}
        linkTo={(other) => (
          <Link to="/people/$id" params={{ id }} search={{ flag: other, q: other }} className="panel-link">
            {panel.fixes}
          </Link>
        )}
      />
      <Foot answer={data} />
      {whatIf === undefined && <FixList id={id} flag={flag} explanation={explanation} user={data.user} />}
      <div className="panel-actions">
        {!asking && (
          <Button kind="quiet" icon={<HelpIcon aria-hidden />} onClick={() => setAsking(true)}>
            {panel.tryOther}
          </Button>
        )}
        <CopyButton text={explanationText(flag, explanation, data.user)} />
        {mayOpen && (
          <Link to="/flags/$key" params={{ key: flag }} className="button button-quiet">
            <FlagIcon aria-hidden />
            {panel.openFlag}
          </Link>
        )}
      </div>
    </div>
  );
}

interface AnswerProps {
  readonly id: string;
  readonly flag: string;
  readonly why: string;
  readonly answer: ExplainFlagResponse;
}

function Answer({ id, flag, why, answer: { explanation, user } }: AnswerProps) {
  const { panel, whatIf } = words.person;
  const opens = useOpening(id, flag, explanation, user?.what_if !== true);
  const on = explanation?.decision?.enabled === true;
  const isWhatIf = user?.what_if === true;
  return (
    <div className="panel-answer">
      {isWhatIf && <strong className="panel-what-if">{whatIf.mark}</strong>}
      <p className="panel-sentence" data-on={on ? '' : undefined}>
        {explanation?.sentence === '' && !isWhatIf
          ? panel.inBrief(on, why)
          : withLocalInstants(explanation?.sentence || (on ? words.ladder.on : words.ladder.off))}
      </p>
      {opens !== undefined && (
        <p className="panel-opens">
          <ScheduledIcon aria-hidden />
          <span>
            {panel.opens} <Moment at={opens} />, {panel.opensWhat}.
          </span>
        </p>
      )}
    </div>
  );
}

function Foot({ answer: { explanation, user } }: { readonly answer: ExplainFlagResponse }) {
  const { panel } = words.person;
  const decision = explanation?.decision;
  return (
    <p className="panel-foot">
      {decision?.valid_until !== undefined && (
        <span>
          {panel.stays} <Moment at={decision.valid_until} />
        </span>
      )}
      {decision !== undefined && decision.flag_version > 0 && <span>{panel.version(decision.flag_version)}</span>}
      {user?.at !== undefined && (
        <span>
          {panel.asOf} <Moment at={user.at} distance={false} />
        </span>
      )}
    </p>
  );
}

/** Puts the explanation into the clipboard; where the browser has none, shows it to be marked by hand. */
function CopyButton({ text }: { readonly text: string }) {
  const { panel } = words.person;
  const [state, setState] = useState<'copied' | 'failed'>();
  const copy = () => {
    const { clipboard } = navigator as { readonly clipboard?: Clipboard };
    if (clipboard === undefined) setState('failed');
    else
      clipboard.writeText(text).then(
        () => setState('copied'),
        () => setState('failed'),
      );
  };
  return (
    <>
      <Button
        kind="quiet"
        icon={state === 'copied' ? <CheckIcon aria-hidden /> : <CopyIcon aria-hidden />}
        onClick={copy}
      >
        {state === 'copied' ? panel.copied : panel.copy}
      </Button>
      {state === 'failed' && (
        <div className="panel-text">
          <p>{panel.copyFailed}</p>
          <Snippet text={text} label={panel.copyText} />
        </div>
      )}
    </>
  );
}
