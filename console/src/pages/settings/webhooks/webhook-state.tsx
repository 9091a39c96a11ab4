import { useQuery } from '@tanstack/react-query';
import type { Webhook } from '../../../../../src/protocol/gen/admin-json.js';
import { call } from '../../../api/api.js';
import { serverNow } from '../../../api/server-clock.js';
import { Moment } from '../../../parts/time/moment.js';
import { settingsWords } from '../../../words/settings-words.js';
import { answerOf } from './deliveries.js';
import { lookAgainMs } from './look-again.js';

const text = settingsWords.webhooks;
/** How many of its latest deliveries say how a webhook does. */
const LATEST = 10;

/** The types of events that it is sent, without what all begin with. */
export function TypeBadges({ types }: { readonly types: readonly string[] }) {
  return (
    <span className="badges">
      {types.map((type) => (
        <span key={type} className="badge" title={type}>
          {type.replace(/^dev\.latchkey\./, '')}
        </span>
      ))}
    </span>
  );
}

/** Switched off, on, or on and failing, by what came of the latest deliveries. */
export function WebhookState({ webhook: { id, enabled } }: { readonly webhook: Webhook }) {
  const latest = useLatest(id).data?.deliveries ?? [];
  const failed = latest.filter(({ state }) => state === 'failed').length;
  if (enabled === false) return <span className="badge">{text.off}</span>;
  return failed > 0 ? (
    <span className="badge" data-tone="bad">
      {text.failing(failed, latest.length)}
    </span>
  ) : (
    <span className="badge" data-tone="good">
      {text.on}
    </span>
  );
}

/** What it answered last, in words. */
export function LastAnswer({ id }: { readonly id: string }) {
  const { data, error } = useLatest(id);
  if (error !== null) return <span className="soft">{error.message}</span>;
  if (data === undefined) return null;
  const attempts = data.deliveries.flatMap(({ log }) => log);
  const last = attempts.toSorted((a, b) => Date.parse(b.at ?? '') - Date.parse(a.at ?? ''))[0];
  if (last === undefined) return <span className="soft">{text.nothingSent}</span>;
  return (
    <>
      {answerOf(last)} · <Moment at={last.at} />
    </>
  );
}

function useLatest(id: string) {
  return useQuery({
    queryKey: ['webhooks', id, 'latest'],
    queryFn: ({ signal }) =>
      call('GET /api/admin/webhooks/{webhook_id}/deliveries', {
        path: { webhook_id: id },
        query: { page_size: LATEST },
        signal,
      }),
    refetchInterval: ({ state }) => lookAgainMs(state.data?.deliveries ?? [], serverNow()),
  });
}
