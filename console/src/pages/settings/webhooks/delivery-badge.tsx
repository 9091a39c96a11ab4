import type { Delivery } from '../../../../../src/protocol/gen/admin-json.js';
import { Moment } from '../../../parts/time/moment.js';
import { settingsWords } from '../../../words/settings-words.js';
import { DELIVERY_STATES, type DeliveryState } from './deliveries.js';

const text = settingsWords.webhooks;

/** How a delivery stands, and when it goes on. */
export function DeliveryBadge({ delivery: { state, attempts, next_attempt_at } }: { readonly delivery: Delivery }) {
  const known = DELIVERY_STATES.find((each) => each === state);
  const tones: Readonly<Record<DeliveryState, string | undefined>> = {
    pending: undefined,
    delivered: 'good',
    failed: 'bad',
  };
  return (
    <>
      <span className="badge" data-tone={known === undefined ? undefined : tones[known]}>
        {known === undefined ? state : text.deliveryStates[known]}
      </span>
      {state === 'pending' && attempts > 0 && (
        <span className="soft">
          {' '}
          {text.next} <Moment at={next_attempt_at} />
        </span>
      )}
    </>
  );
}
