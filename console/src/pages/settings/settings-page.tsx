import { getRouteApi } from '@tanstack/react-router';
import { Suspense } from 'react';
import { later } from '../../parts/loading/later.js';
import { PageHead } from '../../parts/page/page-head.js';
import { PageTabs } from '../../parts/page/page-tabs.js';
import { useSession } from '../../parts/page/session-context.js';
import { Coming } from '../../ui/page-states.js';
import { settingsWords as text } from '../../words/settings-words.js';
import { words } from '../../words/words.js';
import { TABS, type Tab } from './listing/settings-search.js';
import '../../parts/list/page-line.css';

const route = getRouteApi('/settings');

interface TabOf {
  /** Whoever may not call it does not see the tab. */
  readonly operation: string;
  readonly Body: React.ComponentType;
}

const BODIES: Readonly<Record<Tab, TabOf>> = {
  tokens: { operation: 'ListTokens', Body: later(() => import('./access/tokens-tab.js')) },
  sessions: { operation: 'ListTokens', Body: later(() => import('./access/sessions-tab.js')) },
  webhooks: { operation: 'ListWebhooks', Body: later(() => import('./webhooks/webhooks-tab.js')) },
  'dead-letters': { operation: 'ListDeadLetters', Body: later(() => import('./dead-letters/dead-letters-tab.js')) },
  health: { operation: 'GetHealth', Body: later(() => import('./health/health-tab.js')) },
};

/** What connects to the deployment, and how it is. Whoever may not do all of it sees the tabs that they may. */
export function SettingsPage() {
  const { tab } = route.useSearch();
  const { operations } = useSession();
  const tabs = TABS.filter((each) => operations.includes(BODIES[each].operation));
  const shown = tab !== undefined && tabs.includes(tab) ? tab : (tabs[0] ?? 'health');
  const { Body } = BODIES[shown];
  return (
    <>
      <PageHead name={words.pages.settings.name} question={words.pages.settings.question} />
      <PageTabs
        label={text.tabsOf}
        present={shown}
        alone
        tabs={tabs.map((name) => ({ name, label: text.tabs[name] }))}
      />
      <div className="page-body">
        <Suspense fallback={<Coming />}>
          <Body key={shown} />
        </Suspense>
      </div>
    </>
  );
}
