import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Webhook } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Unanswered } from '../../../parts/page/unanswered.js';
import { Button } from '../../../ui/button.js';
import { AddIcon, WebhookIcon } from '../../../ui/icons.js';
import { Notice } from '../../../ui/page-states.js';
import { settingsWords } from '../../../words/settings-words.js';
import { useSettings } from '../listing/use-settings.js';
import { WebhookDialog } from './webhook-dialog.js';
import { LastAnswer, TypeBadges, WebhookState } from './webhook-state.js';
import { WebhookView } from './webhook-view.js';
import './webhooks.css';

const text = settingsWords.webhooks;

/** Who is told of what happens, and whether it reaches them. */
export default function WebhooksTab() {
  const { search, set } = useSettings('webhooks');
  const [making, setMaking] = useState(false);
  const mayMake = useMay('CreateWebhook');
  const { data, error, refetch } = useQuery({
    queryKey: ['webhooks', 'list'],
    queryFn: ({ signal }) => call('GET /api/admin/webhooks', { signal }),
  });
  if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  const { webhooks } = data;
  if (search.webhook !== undefined)
    return (
      <WebhookView
        key={search.webhook}
        id={search.webhook}
        webhook={webhooks.find(({ id }) => id === search.webhook)}
      />
    );
  const make = mayMake && (
    <Button kind="primary" className="push" icon={<AddIcon aria-hidden />} onClick={() => setMaking(true)}>
      {text.make}
    </Button>
  );
  return (
    <>
      {webhooks.length === 0 ? (
        <Notice icon={<WebhookIcon />} title={text.empty} actions={make}>
          <p>{text.emptyWhat}</p>
        </Notice>
      ) : (
        <>
          <div className="page-line">
            <p className="page-what">{text.what}</p>
            {make}
          </div>
          <PlainTable
            name={text.table}
            columns={[
              { key: 'url', name: text.columns.url },
              { key: 'types', name: text.columns.types },
              { key: 'last', name: text.columns.last },
              { key: 'state', name: text.columns.state },
            ]}
            rows={webhooks.map((webhook) => ({ key: webhook.id, cells: cellsOf(webhook) }))}
          />
        </>
      )}
      {making && <WebhookDialog onMade={(webhook) => set({ webhook }, false)} onClose={() => setMaking(false)} />}
    </>
  );
}

function cellsOf(webhook: Webhook) {
  const { id, url, description, types } = webhook;
  return {
    url: (
      <div className="webhook-name">
        <Link to="/settings" search={{ tab: 'webhooks', webhook: id }}>
          <bdi>{url}</bdi>
        </Link>
        {description !== '' && <span className="soft">{description}</span>}
      </div>
    ),
    types: <TypeBadges types={types} />,
    last: <LastAnswer id={id} />,
    state: <WebhookState webhook={webhook} />,
  };
}
