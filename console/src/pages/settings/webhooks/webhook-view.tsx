import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Webhook } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Moment } from '../../../parts/time/moment.js';
import { useOneAtATime } from '../../../parts/use-one-at-a-time.js';
import { Button } from '../../../ui/button.js';
import { AgainIcon, BackIcon, EarnedIcon, PauseIcon, RemoveIcon, SendIcon, UnknownIcon } from '../../../ui/icons.js';
import { Notice } from '../../../ui/page-states.js';
import { tell } from '../../../ui/toasts.js';
import { settingsWords } from '../../../words/settings-words.js';
import { useSettings } from '../listing/use-settings.js';
import { DeliveryList } from './delivery-list.js';
import { RemoveWebhook, RotateSecret, SwitchWebhook } from './webhook-changes.js';
import { WebhookDialog } from './webhook-dialog.js';
import { TypeBadges, WebhookState } from './webhook-state.js';

const text = settingsWords.webhooks;

export interface WebhookViewProps {
  readonly id: string;
  /** Undefined: there is none of this id. */
  readonly webhook: Webhook | undefined;
}

/** One webhook: what it is sent, what came of it, and what may be done with it. */
export function WebhookView({ id, webhook }: WebhookViewProps) {
  const { set } = useSettings('webhooks');
  const [asked, setAsked] = useState<'edit' | 'rotate' | 'switch' | 'remove'>();
  const mayChange = useMay('UpdateWebhook');
  const queries = useQueryClient();
  const ping = useOneAtATime(
    {
      mutationFn: () => call('POST /api/admin/webhooks/{webhook_id}/ping', { path: { webhook_id: id }, body: {} }),
      onSuccess: () => queries.invalidateQueries({ queryKey: ['webhooks', id] }),
      onError: (error) => tell({ kind: 'failed', title: text.pingFailed, what: error.message }),
    },
    { repeatable: true },
  );
  const back = (
    <Link to="/settings" search={{ tab: 'webhooks' }} className="page-back">
      <BackIcon aria-hidden />
      {text.back}
    </Link>
  );
  if (webhook === undefined)
    return (
      <>
        {back}
        <Notice role="status" icon={<UnknownIcon />} title={text.gone}>
          <p>{text.goneWhat(id)}</p>
        </Notice>
      </>
    );
  const { url, description, types, enabled = true, created_at } = webhook;
  const close = () => setAsked(undefined);
  // Not of who has gone elsewhere meanwhile.
  const show = ({ delivery_id }: { readonly delivery_id: string }) => set({ delivery: delivery_id, state: '' }, false);
  return (
    <>
      {back}
      <section className="card" aria-label={url}>
        <div className="webhook-head">
          <h2>
            <bdi>{url}</bdi>
          </h2>
          <WebhookState webhook={webhook} />
        </div>
        {description !== '' && <p className="soft">{description}</p>}
        <div className="page-line">
          <TypeBadges types={types} />
          <span className="soft">
            {text.since} <Moment at={created_at} />
          </span>
        </div>
        {mayChange && (
          <div className="page-line webhook-does">
            <Button
              kind="primary"
              icon={<SendIcon aria-hidden />}
              disabled={!enabled || ping.isPending}
              title={enabled ? undefined : text.pingOff}
              onClick={() => ping.mutate(undefined, { onSuccess: show })}
            >
              {text.ping}
            </Button>
            <Button onClick={() => setAsked('edit')}>{text.edit}</Button>
            <Button icon={<EarnedIcon aria-hidden />} onClick={() => setAsked('rotate')}>
              {text.rotate}
            </Button>
            <Button
              icon={enabled ? <PauseIcon aria-hidden /> : <AgainIcon aria-hidden />}
              onClick={() => setAsked('switch')}
            >
              {enabled ? text.switchOff : text.switchOn}
            </Button>
            <Button kind="quiet" className="push" icon={<RemoveIcon aria-hidden />} onClick={() => setAsked('remove')}>
              {text.remove}
            </Button>
          </div>
        )}
      </section>
      <DeliveryList webhook={id} />
      {asked === 'edit' && <WebhookDialog webhook={webhook} onClose={close} />}
      {asked === 'rotate' && <RotateSecret webhook={webhook} onClose={close} />}
      {asked === 'switch' && <SwitchWebhook webhook={webhook} onClose={close} />}
      {asked === 'remove' && (
        <RemoveWebhook
          webhook={webhook}
          onRemoved={() => set({ webhook: '', state: '', delivery: '' })}
          onClose={close}
        />
      )}
    </>
  );
}
