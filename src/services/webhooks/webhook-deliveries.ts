import { cloudEvent, newDeliveryId, newEventId } from '../../announcing/webhook-message.js';
import type { Call } from '../../calls/caller.js';
import { conflict, invalidAt } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { PING_TYPE } from '../../core/flags/announcement.js';
import { quote } from '../../core/values/json.js';
import { DELIVERY_STATES, type Delivery, type DeliveryState } from '../../store/delivery-store.js';
import type { Page, PageRequest } from '../../store/page.js';
import type { Store } from '../../store/store.js';
import { requireEndpoint } from './webhooks.js';

export interface WebhookDeliveriesOptions {
  readonly store: Store;
  /** The `source` of the CloudEvents that are sent. */
  readonly source: string;
}

export interface ListDeliveriesInput {
  readonly webhookId: string;
  /** Which state; '' or left out for all. */
  readonly state?: string | undefined;
}

export interface ReplayInput {
  readonly webhookId: string;
  /** Which deliveries; an empty list is all that failed. */
  readonly ids: readonly string[];
  readonly comment: string;
}

/** How many deliveries a call replays at most: by their ids, and of all that failed. */
const MAX_REPLAY = 1_000;
const MAX_REPLAY_FAILED = 10_000;

/** The form of a delivery's id, checked before ids are written into the audit. */
const DELIVERY_ID = /^dlv_[0-9a-f]{32}$/;

/** The deliveries to webhooks: listed, replayed, and pings. Workers send within seconds what is made due here. */
export class WebhookDeliveries {
  readonly #options: WebhookDeliveriesOptions;

  constructor(options: WebhookDeliveriesOptions) {
    this.#options = options;
  }

  /** An endpoint's deliveries, newest first, each with its newest attempts. Finished ones are kept for a week. */
  async list(call: Call, { webhookId, state = '' }: ListDeliveriesInput, page: PageRequest): Promise<Page<Delivery>> {
    authorize(call, 'ListDeliveries');
    const { store } = this.#options;
    requireEndpoint(webhookId, await store.webhooks.signing(webhookId));
    return store.deliveries.list({ endpointId: webhookId, ...(state === '' ? {} : { state: stateOf(state) }) }, page);
  }

  /**
   * Has deliveries sent again under the same event id, delivered ones too; those that are pending stay as they are. Without
   * ids it replays those that failed, 10,000 of them at most: whoever wants all calls until it gives 0. Gives how many.
   */
  async replay(call: Call, { webhookId, ids, comment }: ReplayInput): Promise<number> {
    authorize(call, 'ReplayDeliveries');
    const unlike = ids.find((id) => !DELIVERY_ID.test(id));
    if (unlike !== undefined)
      throw invalidAt(
        `/ids/${ids.indexOf(unlike)}`,
        `${quote(unlike)} is no delivery's id, like dlv_ and 32 hexadecimal digits`,
      );
    if (ids.length > MAX_REPLAY)
      throw invalidAt('/ids', `a call replays at most ${MAX_REPLAY} by id, not ${ids.length}`);
    return this.#options.store.transaction(async (tx) => {
      const now = await tx.now();
      requireEndpoint(webhookId, await tx.webhooks.lock(webhookId));
      const [which, limit] = ids.length === 0 ? (['failed', MAX_REPLAY_FAILED] as const) : ([ids, MAX_REPLAY] as const);
      const replayed = await tx.deliveries.replay(webhookId, which, now, limit);
      const change = { before: undefined, after: { which, replayed }, comment };
      await recordAudit(tx, call, now, { action: 'deliveries.replay', target: webhookId, ...change });
      return replayed;
    });
  }

  /** Has a test event sent to an endpoint; gives the id under which `list` shows how its delivery went. */
  async ping(call: Call, webhookId: string, comment = ''): Promise<string> {
    authorize(call, 'PingWebhook');
    const { store, source } = this.#options;
    return store.transaction(async (tx) => {
      const now = await tx.now();
      const endpoint = requireEndpoint(webhookId, await tx.webhooks.lock(webhookId));
      if (!endpoint.enabled) throw conflict(`the webhook ${quote(webhookId)} is disabled; enable it first`);
      const [id, eventId] = [newDeliveryId(now), newEventId()];
      const event = { id: eventId, type: PING_TYPE, source, subject: webhookId, at: now, data: {} };
      const delivery = { id, endpointId: webhookId, eventId, type: PING_TYPE, userId: '' };
      await tx.deliveries.add([{ ...delivery, body: cloudEvent(event), createdAt: now }]);
      const change = { before: undefined, after: { delivery: id }, comment };
      await recordAudit(tx, call, now, { action: 'webhook.ping', target: webhookId, ...change });
      return id;
    });
  }
}

function stateOf(word: string): DeliveryState {
  const state = DELIVERY_STATES.find((known) => known === word);
  if (state === undefined) throw invalidAt('/state', `state ${quote(word)} is none of: ${DELIVERY_STATES.join(', ')}`);
  return state;
}
