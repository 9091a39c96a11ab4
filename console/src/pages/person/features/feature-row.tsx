import { Suspense, useEffect, useId, useRef } from 'react';
import type { UserFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { serverNow } from '../../../api/server-clock.js';
import { Progress } from '../../../parts/ladder/requirement-tree.js';
import { later } from '../../../parts/loading/later.js';
import { Instant } from '../../../parts/time/instant.js';
import { shortTime } from '../../../parts/time/moment.js';
import { ForwardIcon } from '../../../ui/icons.js';
import { Coming } from '../../../ui/page-states.js';
import { words } from '../../../words/people-words.js';
import type { WhatIf } from '../queries/person-search.js';
import { StandingMark } from './standing-mark.js';
import { whyText } from './why-text.js';

/** How long what is opened may grow. */
const SETTLES_MS = 1_500;

export const FeaturePanel = later(() => import('./feature-panel.js'));

export interface FeatureRowProps {
  readonly id: string;
  readonly flag: UserFlag;
  readonly open: boolean;
  readonly whatIf: WhatIf | undefined;
  /** With undefined: none is open any more. */
  readonly onOpen: (flag: string | undefined) => void;
  readonly onWhatIf: (whatIf: WhatIf | undefined) => void;
}

/** Has what is opened in sight, by hand or by an address that names it, also once its content has come: as much of it as there is room for. */
function useInSight(row: React.RefObject<HTMLElement | null>, open: boolean): void {
  useEffect(() => {
    const element = row.current;
    if (!open || element === null) return undefined;
    const show = (): void => {
      const { top, bottom, height } = element.getBoundingClientRect();
      if (bottom > window.innerHeight || top < 0)
        element.scrollIntoView({ block: height > window.innerHeight ? 'start' : 'nearest' });
    };
    const grown = new ResizeObserver(show);
    grown.observe(element);
    // From then on whoever reads scrolls by themselves.
    const timer = setTimeout(() => grown.disconnect(), SETTLES_MS);
    return () => {
      grown.disconnect();
      clearTimeout(timer);
    };
  }, [row, open]);
}

/** One flag of a person: how it stands and why, in a line; opened, its order of evaluation and what helps. */
export function FeatureRow({ id, flag, open, whatIf, onOpen, onWhatIf }: FeatureRowProps) {
  const { features } = words.person;
  const { flag_key, name, state, decision, progress, last_flip } = flag;
  const panel = useId();
  const row = useRef<HTMLLIElement>(null);
  const off = decision?.enabled !== true;
  useInSight(row, open);
  return (
    <li ref={row} className="feature" data-open={open ? '' : undefined}>
      <h2 className="feature-title">
        <button
          type="button"
          className="person-feature"
          aria-expanded={open}
          aria-controls={open ? panel : undefined}
          onClick={() => onOpen(open ? undefined : flag_key)}
        >
          <ForwardIcon aria-hidden className="feature-fold" />
          <span className="feature-state">
            <StandingMark state={state} />
          </span>
          <span className="feature-name">
            <bdi title={name}>{name}</bdi>
            {name !== flag_key && <code title={flag_key}>{flag_key}</code>}
          </span>
          <span className="feature-why">
            <span>{whyText(flag)}</span>
            {off && state !== 'BLOCKED' && progress > 0 && progress < 1 && (
              // The words beside it say how much is missing: in the name of the button it would be a bare number.
              <span aria-hidden className="feature-progress">
                <Progress value={progress} label={name} />
              </span>
            )}
          </span>
          <span className="feature-when">
            {off && decision?.valid_until !== undefined
              ? features.mayChange(shortTime(new Date(decision.valid_until), new Date(serverNow())))
              : last_flip !== undefined && (
                  <>
                    {last_flip.unlocked ? features.why.since : features.why.revokedSince} <Instant at={last_flip.at} />
                  </>
                )}
          </span>
        </button>
      </h2>
      {open && (
        <section id={panel} className="feature-panel" aria-label={words.person.panel.of(flag_key)}>
          <Suspense fallback={<Coming />}>
            <FeaturePanel id={id} flag={flag_key} why={whyText(flag)} whatIf={whatIf} onWhatIf={onWhatIf} />
          </Suspense>
        </section>
      )}
    </li>
  );
}
