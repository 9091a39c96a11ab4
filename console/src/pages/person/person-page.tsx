import { getRouteApi, Link } from '@tanstack/react-router';
import { type KeyboardEvent, type RefObject, Suspense, useCallback, useEffect } from 'react';
import { later, useAhead } from '../../parts/loading/later.js';
import { Near } from '../../parts/missing/near.js';
import { Failure } from '../../parts/page/failure.js';
import { PageHead } from '../../parts/page/page-head.js';
import { usePresentInSight } from '../../parts/page/present-in-sight.js';
import { Button } from '../../ui/button.js';
import { BackIcon, PinIcon, UnpinIcon } from '../../ui/icons.js';
import { Coming } from '../../ui/page-states.js';
import { words } from '../../words/people-words.js';
import { noteSeen, pin, useKeptPeople } from '../people/kept-people.js';
import { FeaturesTab } from './features/features-tab.js';
import { IdentityStrip } from './identity-strip.js';
import { useLiveFlips } from './queries/live-flips.js';
import { isUnknown, usePerson } from './queries/person-queries.js';
import { type PersonSearch, TABS, type Tab } from './queries/person-search.js';
import '../flags/flag-filters.css';
import '../flags/flags-page.css';
import '../people/people.css';
import '../../parts/list/page-line.css';
import './person.css';

const TimelineTab = later(() => import('./timeline-tab.js'));
const DataTab = later(() => import('./data-tab.js'));
const AccessTab = later(() => import('./access-tab.js'));

const route = getRouteApi('/people/$id');

/** One person: who they are, and why they see each flag or do not. */
export function PersonPage() {
  const { id } = route.useParams();
  return <Person key={id} id={id} />;
}

function Person({ id }: { readonly id: string }) {
  useAhead(TimelineTab, DataTab, AccessTab);
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = usePerson(id);
  const known = data !== undefined;
  const flip = useLiveFlips(id, known);
  useEffect(() => {
    if (known) noteSeen(id);
  }, [id, known]);
  const change = useCallback((next: PersonSearch) => void navigate({ search: () => next, replace: true }), [navigate]);
  // What an address says may be no part at all.
  const tab = TABS.find((each) => each === search.tab) ?? 'features';
  return (
    <>
      <Link to="/people" search={{}} className="page-back">
        <BackIcon aria-hidden />
        {words.person.back}
      </Link>
      <PageHead name={id} question={words.person.question}>
        <PinButton id={id} />
      </PageHead>
      {error !== null && data === undefined ? (
        <Failure error={error} onAgain={() => void refetch()} />
      ) : (
        <>
          <IdentityStrip person={data} />
          {data !== undefined && isUnknown(data) && <Near kind="person" id={id} />}
          <p className="live-flip" role="status">
            {flip}
          </p>
          <Tabs chosen={tab} onChoose={(next) => change(next === 'features' ? {} : { tab: next })} />
          <div role="tabpanel" id="person-panel" aria-labelledby={`person-tab-${tab}`} className="person-panel">
            <Suspense fallback={<Coming />}>
              {tab === 'features' && <FeaturesTab id={id} search={search} onChange={change} />}
              {tab === 'timeline' && (
                <TimelineTab
                  id={id}
                  kind={search.kind}
                  onKind={(kind) => change({ tab: 'timeline', ...(kind === undefined ? {} : { kind }) })}
                />
              )}
              {tab === 'data' && <DataTab id={id} />}
              {tab === 'access' && <AccessTab id={id} />}
            </Suspense>
          </div>
        </>
      )}
    </>
  );
}

function PinButton({ id }: { readonly id: string }) {
  const { pinned } = useKeptPeople();
  const on = pinned.includes(id);
  return (
    <Button
      kind="quiet"
      aria-pressed={on}
      icon={on ? <UnpinIcon aria-hidden /> : <PinIcon aria-hidden />}
      onClick={() => pin(id, !on)}
    >
      {on ? words.person.unpin : words.person.pin}
    </Button>
  );
}

/** Arrows go from tab to tab, as readers expect of tabs. */
function Tabs({ chosen, onChoose }: { readonly chosen: Tab; readonly onChoose: (tab: Tab) => void }) {
  const list = usePresentInSight(chosen) as RefObject<HTMLDivElement | null>;
  const onKeyDown = ({ key }: KeyboardEvent) => {
    const by = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
    const next = TABS[(TABS.indexOf(chosen) + by + TABS.length) % TABS.length];
    if (by === 0 || next === undefined) return;
    onChoose(next);
    list.current?.querySelector<HTMLElement>(`#person-tab-${next}`)?.focus();
  };
  return (
    <div ref={list} role="tablist" aria-label={words.person.tabs.label} className="tabs">
      {TABS.map((tab) => (
        <button
          key={tab}
          id={`person-tab-${tab}`}
          type="button"
          role="tab"
          className="tab"
          aria-selected={tab === chosen}
          aria-controls={tab === chosen ? 'person-panel' : undefined}
          tabIndex={tab === chosen ? 0 : -1}
          onClick={() => onChoose(tab)}
          onKeyDown={onKeyDown}
        >
          {words.person.tabs[tab]}
        </button>
      ))}
    </div>
  );
}
