import { useState } from 'react';
import type { Delivery } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { serverNow } from '../../../api/server-clock.js';
import { More } from '../../../parts/list/more.js';
import { usePaged } from '../../../parts/list/paged.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Unanswered } from '../../../parts/page/unanswered.js';
import { Instant } from '../../../parts/time/instant.js';
import { Button } from '../../../ui/button.js';
import { Select } from '../../../ui/field.js';
import { AgainIcon, SendIcon } from '../../../ui/icons.js';
import { Notice } from '../../../ui/page-states.js';
import { settingsWords } from '../../../words/settings-words.js';
import { useSettings } from '../listing/use-settings.js';
import { answerOf, DELIVERY_STATES, subjectOf } from './deliveries.js';
import { DeliveryBadge } from './delivery-badge.js';
import { DeliveryDialog } from './delivery-dialog.js';
import { lookAgainMs } from './look-again.js';
import { ReplayFailed } from './replay-dialogs.js';

const text = settingsWords.webhooks;

/** What was sent to a webhook, or will be, newest first, and what came of it. */
export function DeliveryList({ webhook }: { readonly webhook: string }) {
  const { search, set } = useSettings('webhooks');
  const state = DELIVERY_STATES.find((each) => each === search.state);
  const mayReplay = useMay('ReplayDeliveries');
  const [replaying, setReplaying] = useState(false);
  const { data, error, refetch, ...pages } = usePaged(
    ['webhooks', webhook, 'deliveries', state ?? ''],
    (page_token, signal) =>
      call('GET /api/admin/webhooks/{webhook_id}/deliveries', {
        path: { webhook_id: webhook },
        query: { page_size: 50, page_token, ...(state === undefined ? {} : { state }) },
        signal,
      }),
    true,
    (loaded) =>
      lookAgainMs(
        loaded.flatMap((page) => page.deliveries),
        serverNow(),
      ),
  );
  const deliveries = data?.pages.flatMap((page) => page.deliveries) ?? [];
  const open = deliveries.find(({ id }) => id === search.delivery);
  const body = () => {
    if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
    if (deliveries.length === 0)
      return (
        <Notice role="status" icon={<SendIcon />} title={state === undefined ? text.noneSent : text.noneSo[state]}>
          <p>{text.noneSentWhat}</p>
        </Notice>
      );
    return (
      <PlainTable
        name={text.deliveries}
        columns={[
          { key: 'event', name: text.deliveryColumns.event },
          { key: 'state', name: text.deliveryColumns.state },
          { key: 'answer', name: text.deliveryColumns.answer },
          { key: 'made', name: text.deliveryColumns.made, whole: true },
          { key: 'actions', name: text.deliveryColumns.actions, nameUnseen: true },
        ]}
        rows={deliveries.map((delivery) => ({
          key: delivery.id,
          cells: cellsOf(delivery, () => set({ delivery: delivery.id }, false)),
        }))}
      />
    );
  };
  return (
    <section className="page-part" aria-label={text.deliveries}>
      <div className="page-line">
        <h2>{text.deliveries}</h2>
        <Select
          label={text.deliveryState}
          value={state ?? ''}
          options={[
            { value: '', label: text.anyState },
            ...DELIVERY_STATES.map((value) => ({ value, label: text.deliveryStates[value] })),
          ]}
          onChoose={(next) => set({ state: next })}
        />
        {mayReplay && (
          <Button className="push" icon={<AgainIcon aria-hidden />} onClick={() => setReplaying(true)}>
            {text.replayFailed}
          </Button>
        )}
      </div>
      {body()}
      <More {...pages} />
      {replaying && <ReplayFailed webhook={webhook} onClose={() => setReplaying(false)} />}
      {search.delivery !== undefined && data !== undefined && (
        <DeliveryDialog
          id={search.delivery}
          delivery={open}
          mayReplay={mayReplay}
          onClose={() => set({ delivery: '' })}
        />
      )}
    </section>
  );
}

function cellsOf(delivery: Delivery, onOpen: () => void) {
  const { type, state, log, created_at, id } = delivery;
  const subject = subjectOf(delivery);
  const last = log.at(-1);
  return {
    event: (
      <div className="webhook-name">
        <code>{type.replace(/^dev\.latchkey\./, '')}</code>
        {subject !== '' && <bdi className="soft">{subject}</bdi>}
      </div>
    ),
    state: <DeliveryBadge delivery={delivery} />,
    answer:
      last === undefined ? (
        <span className="soft">{state === 'pending' ? text.soon : text.nothingSent}</span>
      ) : (
        answerOf(last)
      ),
    made: <Instant at={created_at} />,
    actions: (
      <div className="row-actions">
        <Button kind="quiet" aria-label={text.lookAt(id)} onClick={onOpen}>
          {text.look}
        </Button>
      </div>
    ),
  };
}
