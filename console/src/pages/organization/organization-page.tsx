import { getRouteApi, Link } from '@tanstack/react-router';
import { Suspense } from 'react';
import { viewAs } from '../../api/view-as.js';
import { later } from '../../parts/loading/later.js';
import { PageHead } from '../../parts/page/page-head.js';
import { PageTabs } from '../../parts/page/page-tabs.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { Button } from '../../ui/button.js';
import { BackIcon, PersonIcon } from '../../ui/icons.js';
import { Coming } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import { TABS, type Tab } from './organization-search.js';
import { UnknownOrganization } from './unknown-organization.js';
import '../../parts/list/page-line.css';

const route = getRouteApi('/organizations/$id');

interface TabOf {
  /** Whoever may not call it does not see the tab. */
  readonly operation: string;
  readonly Body: React.ComponentType<{ readonly id: string }>;
}

const BODIES: Readonly<Record<Tab, TabOf>> = {
  features: { operation: 'ListOrganizationFlags', Body: later(() => import('./features/features-tab.js')) },
  unlocks: { operation: 'ListUnlocks', Body: later(() => import('./unlocks-tab.js')) },
  roles: { operation: 'GetOrganizationRoles', Body: later(() => import('./roles/roles-tab.js')) },
  members: { operation: 'ListOrganizationMembers', Body: later(() => import('./members-tab.js')) },
  onboarding: { operation: 'GetFunnel', Body: later(() => import('./onboarding-tab.js')) },
  data: { operation: 'GetOrganization', Body: later(() => import('./data-tab.js')) },
  tokens: { operation: 'ListTokens', Body: later(() => import('./tokens-tab.js')) },
  history: { operation: 'ListOrganizationAudit', Body: later(() => import('./history-tab.js')) },
};

/** One customer: what it has, and who decides there. Its own administrator sees the same page, without what is the platform's. */
export function OrganizationPage() {
  const { id } = route.useParams();
  const search = route.useSearch();
  const { caller, operations } = useSession();
  // Making tokens takes all that there is on the platform; so does seeing it with somebody else's eyes.
  const mayView = useMay('CreateToken');
  const tabs = TABS.filter((tab) => operations.includes(BODIES[tab].operation));
  const { tab: asked = 'features' } = search;
  const tab = tabs.includes(asked) ? asked : (tabs[0] ?? 'features');
  const { Body } = BODIES[tab];
  return (
    <>
      <div>
        {caller.organization_id === '' && (
          <Link to="/organizations" search={{}} className="page-back">
            <BackIcon aria-hidden />
            {words.organization.back}
          </Link>
        )}
        <PageHead name={id} question={words.organization.question}>
          {mayView && (
            <Button icon={<PersonIcon aria-hidden />} title={words.organization.viewAsWhat} onClick={() => viewAs(id)}>
              {words.organization.viewAs}
            </Button>
          )}
        </PageHead>
      </div>
      <PageTabs
        label={words.organization.tabsOf(id)}
        present={tab}
        tabs={tabs.map((name) => ({ name, label: words.organization.tabs[name] }))}
      />
      <div className="page-body">
        <UnknownOrganization id={id} />
        <Suspense fallback={<Coming />}>
          <Body key={`${id} ${tab}`} id={id} />
        </Suspense>
      </div>
    </>
  );
}
