import { getRouteApi, Link, Navigate } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import type { Stage } from '../../../../src/protocol/gen/admin-json.js';
import { Funnel } from '../../parts/funnel.js';
import { TextFilter } from '../../parts/list/text-filter.js';
import { later } from '../../parts/loading/later.js';
import { PageHead } from '../../parts/page/page-head.js';
import { PageTabs } from '../../parts/page/page-tabs.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { versionsOfStages } from '../../parts/versions/version-source.js';
import { Button } from '../../ui/button.js';
import { Select } from '../../ui/field.js';
import { OnboardingIcon } from '../../ui/icons.js';
import { Coming, Notice } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import { type OnboardingSearch, VIEWS, WEEKS } from './onboarding-search.js';
import { useFunnel } from './use-funnel.js';
import '../../parts/list/page-line.css';

const StagesDialog = later(() => import('./stages-dialog.js'));
const ByOrganization = later(() => import('./by-organization.js'));
const ByWeek = later(() => import('./by-week.js'));
const Versions = later(() =>
  import('../../parts/versions/versions.js').then(({ Versions }) => ({ default: Versions })),
);

const route = getRouteApi('/onboarding');

/** How far people come, and where they stop. Who administers one organization sees its funnel on its own page. */
export function OnboardingPage() {
  const { caller } = useSession();
  if (caller.organization_id !== '')
    return (
      <Navigate
        to="/organizations/$id"
        params={{ id: caller.organization_id }}
        search={{ tab: 'onboarding' }}
        replace
      />
    );
  return <Everybody />;
}

/** What the list of stages is edited from: as it is, or as it was in an older version. */
interface Editing {
  readonly stages?: readonly Stage[];
  readonly version?: number;
}

function Everybody() {
  const { onboarding: text } = words;
  const search = route.useSearch();
  const mayEdit = useMay('SetStages');
  const mayListActions = useMay('ListActions');
  const mayReadVersions = useMay('ListVersions');
  const views = VIEWS.filter((name) => name !== 'versions' || mayReadVersions);
  const tab = views.find((name) => name === search.tab) ?? 'funnel';
  const navigate = route.useNavigate();
  const [editing, setEditing] = useState<Editing>();
  return (
    <>
      <PageHead name={words.pages.onboarding.name} question={words.pages.onboarding.question}>
        <div className="page-line">
          {mayListActions && (
            <Link to="/actions" search={{}} className="button button-plain">
              {text.actions}
            </Link>
          )}
          {mayEdit && (
            <Button kind="primary" onClick={() => setEditing({})}>
              {text.edit}
            </Button>
          )}
        </div>
      </PageHead>
      <PageTabs label={text.view} present={tab} tabs={views.map((name) => ({ name, label: text.views[name] }))} />
      <div className="page-body">
        <Suspense fallback={<Coming />}>
          {tab === 'funnel' && <Stages onEdit={mayEdit ? () => setEditing({}) : undefined} />}
          {tab === 'organizations' && <ByOrganization />}
          {tab === 'weeks' && <ByWeek />}
          {tab === 'versions' && (
            <Versions
              source={versionsOfStages()}
              {...search}
              onSearch={(next) => void navigate({ search: { tab, ...next }, replace: true })}
              onRestore={
                mayEdit ? ({ stages, version }) => setEditing({ stages: stages?.stages ?? [], version }) : undefined
              }
            />
          )}
          {editing !== undefined && <StagesDialog {...editing} onClose={() => setEditing(undefined)} />}
        </Suspense>
      </div>
    </>
  );
}

function Stages({ onEdit }: { readonly onEdit: (() => void) | undefined }) {
  const { onboarding: text } = words;
  const search = route.useSearch();
  const { organization = '', weeks } = search;
  const navigate = route.useNavigate();
  const set = (part: { readonly organization?: string; readonly weeks?: string }) => {
    const next = { organization, weeks: weeks === undefined ? '' : String(weeks), ...part };
    const given = Object.entries(next).filter(([, value]) => value !== '');
    const { weeks: chosen, ...rest } = Object.fromEntries(given);
    void navigate({
      search: { ...rest, ...(chosen === undefined ? {} : { weeks: Number(chosen) }) } satisfies OnboardingSearch,
      replace: true,
    });
  };
  const { data, error, refetch, isPlaceholderData } = useFunnel(organization, weeks);
  const body = () => {
    if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
    if (data.stages.length === 0)
      return (
        <Notice
          icon={<OnboardingIcon />}
          title={text.empty}
          actions={
            onEdit !== undefined && (
              <Button kind="primary" onClick={onEdit}>
                {text.edit}
              </Button>
            )
          }
        >
          <p>{text.emptyWhat}</p>
        </Notice>
      );
    const most = data.stages.reduce((max, { reached }) => Math.max(max, reached), 0);
    return (
      <>
        {!data.whole && <p className="page-what">{text.part}</p>}
        {most === 0 && <p className="page-what">{weeks === undefined ? text.nobody : text.nobodyWeeks}</p>}
        <div aria-busy={isPlaceholderData}>
          <Funnel stages={data.stages} organization={organization} />
        </div>
        {data.shortened && <p className="soft">{text.shortened}</p>}
      </>
    );
  };
  return (
    <>
      <search className="page-line">
        <TextFilter
          label={text.organization}
          placeholder={text.organizationWhat}
          value={organization}
          onChange={(next) => set({ organization: next })}
        />
        <Select
          label={text.weeks}
          value={weeks === undefined ? '' : String(weeks)}
          options={[
            { value: '', label: text.anyWeek },
            ...WEEKS.map((n) => ({ value: String(n), label: text.lastWeeks(n) })),
          ]}
          onChoose={(next) => set({ weeks: next })}
        />
      </search>
      {body()}
    </>
  );
}
