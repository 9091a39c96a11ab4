import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { ListWebhooksResponse, Webhook } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { ChangeDialog } from '../../../parts/change-dialog.js';
import { localTime } from '../../../parts/time/instant.js';
import { SecretDialog } from '../../../parts/tokens/secret-dialog.js';
import { Select } from '../../../ui/field.js';
import { tell } from '../../../ui/toasts.js';
import { settingsWords } from '../../../words/settings-words.js';

const text = settingsWords.webhooks;

export interface WebhookChangeProps {
  readonly webhook: Webhook;
  readonly onClose: () => void;
}

const OVERLAPS = ['86400s', '3600s', '604800s', '0s'] as const;

/** Makes a new secret, which is shown once, and says for how long the one before signs, too. */
export function RotateSecret({ webhook, onClose }: WebhookChangeProps) {
  const [overlap, setOverlap] = useState<string>(OVERLAPS[0]);
  const [made, setMade] = useState<{ readonly secret: string; readonly until: string | undefined }>();
  const showing = useRef(false);
  if (made !== undefined)
    return (
      <SecretDialog
        secret={made.secret}
        what={made.until === undefined ? text.rotatedAtOnce : text.rotated(localTime(new Date(made.until)))}
        onClose={onClose}
      />
    );
  return (
    <ChangeDialog
      shownOnce
      title={text.rotating}
      what={text.rotatingWhat}
      does={text.doRotate}
      danger={overlap === '0s'}
      onDo={async (comment) => {
        const { secret, old_secret_valid_until } = await call('POST /api/admin/webhooks/{webhook_id}/rotate-secret', {
          path: { webhook_id: webhook.id },
          body: { overlap, comment },
        });
        showing.current = true;
        setMade({ secret, until: old_secret_valid_until });
      }}
      onClose={() => {
        if (!showing.current) onClose();
      }}
    >
      <div className="move-to">
        <span aria-hidden className="field-label">
          {text.overlap}
        </span>
        <Select
          label={text.overlap}
          value={overlap}
          options={OVERLAPS.map((value) => ({ value, label: text.overlaps[value] }))}
          onChoose={setOverlap}
        />
      </div>
    </ChangeDialog>
  );
}

/** Has a webhook sent nothing more, or again. */
export function SwitchWebhook({ webhook, onClose }: WebhookChangeProps) {
  const queries = useQueryClient();
  // As it was when this was asked: the answer makes it the other.
  const [on] = useState(webhook.enabled === false);
  return (
    <ChangeDialog
      danger={!on}
      title={on ? text.switchingOn : text.switchingOff}
      what={on ? text.switchingOnWhat : text.switchingOffWhat}
      does={on ? text.switchOn : text.switchOff}
      onDo={async (comment) => {
        await call('PATCH /api/admin/webhooks/{webhook_id}', {
          path: { webhook_id: webhook.id },
          query: { comment },
          body: { enabled: on },
        });
        tell({ kind: 'done', title: on ? text.switchedOn : text.switchedOff });
        await queries.invalidateQueries({ queryKey: ['webhooks'] });
      }}
      onClose={onClose}
    />
  );
}

export function RemoveWebhook({
  webhook,
  onRemoved,
  onClose,
}: WebhookChangeProps & { readonly onRemoved: () => void }) {
  const queries = useQueryClient();
  return (
    <ChangeDialog
      danger
      title={text.removing}
      what={text.removingWhat}
      does={text.doRemove}
      onDo={async (comment) => {
        await call('DELETE /api/admin/webhooks/{webhook_id}', { path: { webhook_id: webhook.id }, query: { comment } });
        tell({ kind: 'done', title: text.removed });
        onRemoved();
        // The list that is shown next has it no more, before it is asked for again.
        queries.setQueryData<ListWebhooksResponse>(['webhooks', 'list'], (before) =>
          before === undefined ? before : { webhooks: before.webhooks.filter(({ id }) => id !== webhook.id) },
        );
        queries.removeQueries({ queryKey: ['webhooks', webhook.id] });
        await queries.invalidateQueries({ queryKey: ['webhooks', 'list'] });
      }}
      onClose={onClose}
    >
      <p>
        <bdi>{webhook.url}</bdi>
      </p>
    </ChangeDialog>
  );
}
