import { useState } from 'react';
import type { Delivery } from '../../../../../src/protocol/gen/admin-json.js';
import { PlainTable } from '../../../parts/list/plain-table.js';
import { Moment } from '../../../parts/time/moment.js';
import { Button } from '../../../ui/button.js';
import { Dialog } from '../../../ui/dialog.js';
import { AgainIcon } from '../../../ui/icons.js';
import { Snippet } from '../../../ui/page-states.js';
import { settingsWords } from '../../../words/settings-words.js';
import { words } from '../../../words/words.js';
import { answerOf, prettyBody } from './deliveries.js';
import { DeliveryBadge } from './delivery-badge.js';
import { ReplayOne } from './replay-dialogs.js';

const text = settingsWords.webhooks;

export interface DeliveryDialogProps {
  readonly id: string;
  /** Undefined: it is not among those that are listed. */
  readonly delivery: Delivery | undefined;
  readonly mayReplay: boolean;
  readonly onClose: () => void;
}

/** One delivery: each attempt with its answer, and what is sent, byte for byte but for lines and spaces. */
export function DeliveryDialog({ id, delivery, mayReplay, onClose }: DeliveryDialogProps) {
  const [replaying, setReplaying] = useState(false);
  if (delivery === undefined) return <Dialog open onClose={onClose} title={text.delivery} what={text.notListed(id)} />;
  if (replaying) return <ReplayOne delivery={delivery} onClose={() => setReplaying(false)} />;
  const { type, event_id, log, created_at, finished_at, body, attempts, state } = delivery;
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={type}
      actions={
        <>
          <Button onClick={onClose}>{words.dialog.close}</Button>
          {mayReplay && state !== 'pending' && (
            <Button kind="primary" icon={<AgainIcon aria-hidden />} onClick={() => setReplaying(true)}>
              {text.replay}
            </Button>
          )}
        </>
      }
    >
      <div role="status">
        <dl className="delivery-facts">
          <dt>{text.deliveryColumns.state}</dt>
          <dd>
            <DeliveryBadge delivery={delivery} />
          </dd>
          <dt>{text.deliveryColumns.made}</dt>
          <dd>
            <Moment at={created_at} />
          </dd>
          {finished_at !== undefined && (
            <>
              <dt>{text.finished}</dt>
              <dd>
                <Moment at={finished_at} />
              </dd>
            </>
          )}
          <dt>{text.eventId}</dt>
          <dd>
            <code>{event_id}</code>
          </dd>
        </dl>
      </div>
      <div className="page-part">
        <h3>{text.attempts(attempts)}</h3>
        {log.length === 0 ? (
          <p className="soft">{state === 'pending' ? text.soon : text.nothingSent}</p>
        ) : (
          <PlainTable
            name={text.attempts(attempts)}
            columns={[
              { key: 'at', name: text.attemptColumns.at },
              { key: 'answer', name: text.attemptColumns.answer },
            ]}
            rows={log.toReversed().map((attempt, at) => ({
              key: `${attempt.at} ${at}`,
              cells: { at: <Moment at={attempt.at} />, answer: answerOf(attempt) },
            }))}
          />
        )}
      </div>
      <div className="page-part">
        <h3>{text.payload}</h3>
        <Snippet text={prettyBody(body)} label={text.payload} />
      </div>
    </Dialog>
  );
}
