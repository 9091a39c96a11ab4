import { invalidAt } from '../../../calls/errors.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { WebhookInput, WebhookMade } from '../../../services/webhooks/webhooks.js';
import type { DeliveryAttempt, Delivery as DeliveryMessage, Webhook } from '../../gen/latchkey/v1/webhook.js';
import { duration, durationMs, instant, updateMask } from '../../messages/fields.js';
import { WEBHOOK_PATHS } from '../../messages/mask-paths.js';
import { Paging } from '../../messages/paging.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Endpoint = WebhookMade['endpoint'];
type Delivery = Awaited<ReturnType<ServiceSet['webhookDeliveries']['list']>>['items'][number];
type Name =
  | ('createWebhook' | 'updateWebhook' | 'listWebhooks' | 'deleteWebhook' | 'rotateWebhookSecret')
  | ('pingWebhook' | 'listDeliveries' | 'replayDeliveries');

/** Webhooks: their endpoints, their deliveries, and pings. */
export function webhookRpcs({
  webhooks,
  webhookDeliveries,
}: Pick<ServiceSet, 'webhooks' | 'webhookDeliveries'>): AdminRpcs<Name> {
  return {
    createWebhook: {
      async handle({ webhook, comment }, call) {
        const input = inputOf(given(webhook), undefined);
        const { endpoint, secret } = await webhooks.create(call, input, comment);
        return { webhook: webhookMessage(endpoint), secret };
      },
    },
    updateWebhook: {
      async handle(request, call) {
        const webhook = given(request.webhook);
        const input = inputOf(webhook, updateMask(request.updateMask, WEBHOOK_PATHS));
        return { webhook: webhookMessage(await webhooks.update(call, webhook.id, input, request.comment)) };
      },
    },
    listWebhooks: {
      handle: async (_request, call) => ({ webhooks: (await webhooks.list(call)).map(webhookMessage) }),
    },
    deleteWebhook: {
      async handle({ id, comment }, call) {
        await webhooks.delete(call, id, comment);
        return {};
      },
    },
    rotateWebhookSecret: {
      async handle({ id, overlap, comment }, call) {
        const input = { id, overlapMs: durationMs(overlap), comment };
        const { endpoint, secret, oldValidUntil } = await webhooks.rotate(call, input);
        return { webhook: webhookMessage(endpoint), secret, oldSecretValidUntil: instant(oldValidUntil) };
      },
    },
    pingWebhook: {
      handle: async ({ id, comment }, call) => ({ deliveryId: await webhookDeliveries.ping(call, id, comment) }),
    },
    listDeliveries: {
      async handle(request, call) {
        const paging = new Paging('ListDeliveries', request);
        const { items, next } = await webhookDeliveries.list(call, request, paging.page);
        return { deliveries: items.map(deliveryMessage), nextPageToken: paging.tokenOf(next) };
      },
    },
    replayDeliveries: {
      handle: async (request, call) => ({ replayed: await webhookDeliveries.replay(call, request) }),
    },
  };
}

function given(webhook: Webhook | undefined): Webhook {
  if (webhook === undefined)
    throw invalidAt('/webhook', 'webhook is missing; give at least webhook.id, or url and types of a new one');
  return webhook;
}

/** The settings that a request gives: those that the mask names, given or not, or without a mask those that are given. */
function inputOf({ url, description, types, enabled }: Webhook, mask: ReadonlySet<string> | undefined): WebhookInput {
  const named = (path: string, isGiven: boolean): boolean => mask?.has(path) ?? isGiven;
  return {
    url: named('url', url !== '') ? url : undefined,
    description: named('description', description !== '') ? description : undefined,
    types: named('types', types.length > 0) ? types : undefined,
    enabled: named('enabled', enabled !== undefined) ? (enabled ?? true) : undefined,
  };
}

function webhookMessage({ id, url, description, types, enabled, createdAt, updatedAt }: Endpoint): Webhook {
  return {
    ...{ id, url, description, types: [...types], enabled },
    ...{ createdAt: instant(createdAt), updatedAt: instant(updatedAt) },
  };
}

function deliveryMessage({
  endpointId,
  log,
  nextAttemptAt,
  createdAt,
  finishedAt,
  ...delivery
}: Delivery): DeliveryMessage {
  const { id, eventId, type, body, state, attempts } = delivery;
  return {
    ...{ id, webhookId: endpointId, eventId, type, body, state, attempts },
    nextAttemptAt: instant(nextAttemptAt),
    log: log.map(attemptMessage),
    createdAt: instant(createdAt),
    finishedAt: instant(finishedAt),
  };
}

function attemptMessage({ at, durationMs: tookMs, status = 0, error = '' }: Delivery['log'][number]): DeliveryAttempt {
  return { at: instant(at), duration: duration(tookMs), status, error };
}
