import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Delivery } from '../../../../../src/protocol/gen/admin-json.js';
import { ChangeDialog } from '../../../parts/change-dialog.js';
import { epochOf, LocalInstantField, ZONE } from '../../../parts/time/local-instant-field.js';
import { tell } from '../../../ui/toasts.js';
import { settingsWords } from '../../../words/settings-words.js';
import { failedSince, replay } from './deliveries.js';

const text = settingsWords.webhooks;

export interface ReplayOneProps {
  readonly delivery: Delivery;
  readonly onClose: () => void;
}

/** Sends one delivery again. */
export function ReplayOne({ delivery, onClose }: ReplayOneProps) {
  const queries = useQueryClient();
  return (
    <ChangeDialog
      title={text.replaying}
      what={text.replayingWhat}
      does={text.replay}
      onDo={async (comment, run) => {
        const sent = await replay({ webhook: delivery.webhook_id, ids: [delivery.id], comment, ...run });
        tell(
          sent > 0
            ? { kind: 'done', title: text.replayed(sent) }
            : { kind: 'failed', title: text.notReplayed, what: text.notReplayedWhat },
        );
        await queries.invalidateQueries({ queryKey: ['webhooks', delivery.webhook_id] });
      }}
      onClose={onClose}
    />
  );
}

/** Sends all again that were given up since an instant, and says before how many they are. */
export function ReplayFailed({ webhook, onClose }: { readonly webhook: string; readonly onClose: () => void }) {
  const [since, setSince] = useState('');
  const queries = useQueryClient();
  const at = since === '' ? 0 : epochOf(since);
  const { data, error } = useQuery({
    queryKey: ['webhooks', webhook, 'failed', at],
    queryFn: ({ signal }) => failedSince(webhook, at ?? 0, signal),
    enabled: at !== undefined,
    staleTime: 0,
  });
  return (
    <ChangeDialog
      title={text.replayingFailed}
      what={text.replayingWhat}
      does={text.replay}
      disabled={at === undefined || data === undefined || data.length === 0}
      onDo={async (comment, run) => {
        const sent = await replay({ webhook, ids: data ?? [], comment, ...run });
        tell({ kind: 'done', title: text.replayed(sent) });
        await queries.invalidateQueries({ queryKey: ['webhooks', webhook] });
      }}
      onClose={onClose}
    >
      <LocalInstantField
        label={text.madeSince}
        hint={text.madeSinceWhat(ZONE)}
        fault={at === undefined ? text.noTime : undefined}
        value={since}
        onValue={setSince}
      />
      <p role="status" className="consequences">
        {error === null ? (data === undefined ? text.counting : text.wouldReplay(data.length)) : error.message}
      </p>
    </ChangeDialog>
  );
}
