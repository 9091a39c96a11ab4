import { randomBytes, randomUUID } from 'node:crypto';
import { SECRET_PREFIX } from '../../announcing/webhook-message.js';
import type { Call } from '../../calls/caller.js';
import { checkComment } from '../../calls/check-input.js';
import { conflict, invalidAt, notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import {
  type ConfigurationWriteOptions,
  Unchanged,
  writeConfiguration,
} from '../../configuration/configuration-write.js';
import { ANNOUNCED_TYPES, type AnnouncedType } from '../../core/flags/announcement.js';
import { quote } from '../../core/values/json.js';
import { DAY_MS } from '../../core/values/time/time.js';
import type { WebhookSender } from '../../deliver/sender.js';
import type { SigningEndpoint, WebhookEndpoint, WebhookSecret } from '../../store/webhook-store.js';

export interface WebhookServiceOptions extends ConfigurationWriteOptions {
  readonly sender: Pick<WebhookSender, 'faultOf'>;
}

/** The settings of a webhook. One that is left out keeps its value, or has its default in a new webhook. */
export interface WebhookInput {
  readonly url?: string | undefined;
  readonly description?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
}

export interface WebhookMade {
  readonly endpoint: WebhookEndpoint;
  /** The signing secret, which no other answer has. */
  readonly secret: string;
}

export interface RotateInput {
  readonly id: string;
  /** For how long the old secret goes on signing beside the new one, in milliseconds: 0 to 7 days; a day when left out. */
  readonly overlapMs?: number | undefined;
  readonly comment: string;
}

export interface WebhookRotated extends WebhookMade {
  /** Until when messages also carry a signature by the old secret; undefined: they carry none any more. */
  readonly oldValidUntil: number | undefined;
}

/** How many webhooks there may be. */
export const MAX_ENDPOINTS = 50;
const MAX_DESCRIPTION = 1_000;
const SECRET_BYTES = 32;
/** For how long the old secret goes on signing beside a new one, unless the caller says otherwise. */
const OVERLAP_MS = DAY_MS;
const MAX_OVERLAP_MS = 7 * DAY_MS;

/**
 * The endpoints that events are sent to. Changing one is a change of the configuration, so that from its revision on every
 * transaction knows which events to announce.
 */
export class WebhookService {
  readonly #options: WebhookServiceOptions;

  constructor(options: WebhookServiceOptions) {
    this.#options = options;
  }

  /** Makes an endpoint; only this answer has its secret. Rejects with CONFLICT when there are as many as there may be. */
  async create(call: Call, input: WebhookInput, comment = ''): Promise<WebhookMade> {
    authorize(call, 'CreateWebhook');
    const { url = '', description = '', types = [], enabled = true } = input;
    const wanted = checkedTypes(types);
    this.#check({ url, description });
    const secret = newWebhookSecret();
    const { made } = await writeConfiguration(this.#options, 'manual', async (tx, { now }) => {
      if ((await tx.webhooks.count()) >= MAX_ENDPOINTS)
        throw conflict(`there are ${MAX_ENDPOINTS} webhooks already; delete one that is not needed`);
      const id = `whe_${randomUUID().replaceAll('-', '')}`;
      const disabled = enabled ? {} : { disabledAt: now };
      const endpoint = { id, url, description, types: wanted, enabled, ...disabled, createdAt: now, updatedAt: now };
      await tx.webhooks.put({ ...endpoint, secrets: [{ secret }] });
      const change = { before: undefined, after: audited(endpoint), comment };
      await recordAudit(tx, call, now, { action: 'webhook.create', target: id, ...change });
      return endpoint;
    });
    return { endpoint: made, secret };
  }

  /**
   * Changes the settings that are given; the same once more changes nothing. Pending deliveries go to the new URL; while the
   * endpoint is disabled they wait.
   */
  async update(call: Call, id: string, input: WebhookInput, comment = ''): Promise<WebhookEndpoint> {
    authorize(call, 'UpdateWebhook');
    checkComment(comment);
    const given = input.types === undefined ? {} : { types: checkedTypes(input.types) };
    this.#check(input);
    const { made } = await writeConfiguration(this.#options, 'manual', async (tx, { now }) => {
      const before = requireEndpoint(id, await tx.webhooks.lock(id));
      const { url = before.url, description = before.description, enabled = before.enabled } = input;
      const { disabledAt = now, ...kept } = before;
      const disabled = enabled ? {} : { disabledAt };
      const after = { ...kept, url, description, ...given, enabled, ...disabled, updatedAt: now };
      if (sameSettings(before, after)) return new Unchanged(withoutSecrets(before));
      await tx.webhooks.put(after);
      const change = { before: audited(before), after: audited(after), comment };
      await recordAudit(tx, call, now, { action: 'webhook.update', target: id, ...change });
      return withoutSecrets(after);
    });
    return made;
  }

  /** All of them, oldest first; never their secrets. */
  async list(call: Call): Promise<readonly WebhookEndpoint[]> {
    authorize(call, 'ListWebhooks');
    return this.#options.store.webhooks.list();
  }

  /** Removes an endpoint and its deliveries; those that are pending are not sent any more. */
  async delete(call: Call, id: string, comment = ''): Promise<void> {
    authorize(call, 'DeleteWebhook');
    await writeConfiguration(this.#options, 'manual', async (tx, { now }) => {
      const before = requireEndpoint(id, await tx.webhooks.lock(id));
      await tx.webhooks.remove(id);
      const change = { before: audited(before), after: undefined, comment };
      await recordAudit(tx, call, now, { action: 'webhook.delete', target: id, ...change });
    });
  }

  /** Makes a new secret. The old one goes on signing beside it for a while, so that receivers can change over. */
  async rotate(call: Call, { id, overlapMs = OVERLAP_MS, comment }: RotateInput): Promise<WebhookRotated> {
    authorize(call, 'RotateWebhookSecret');
    const secret = newWebhookSecret();
    const made = await this.#options.store.transaction(async (tx) => {
      const now = await tx.now();
      const before = requireEndpoint(id, await tx.webhooks.lock(id));
      const secrets = secretsAfterRotation(before.secrets, secret, { now, overlapMs });
      const after = { ...before, secrets, updatedAt: now };
      await tx.webhooks.putSecrets(after);
      const oldValidUntil = secrets[1]?.expiresAt;
      const change = { before: undefined, after: { oldValidUntil: oldValidUntil ?? null }, comment };
      await recordAudit(tx, call, now, { action: 'webhook.rotate', target: id, ...change });
      return { endpoint: withoutSecrets(after), oldValidUntil };
    });
    return { ...made, secret };
  }

  #check({ url, description }: WebhookInput): void {
    const fault = url === undefined ? undefined : this.#options.sender.faultOf(url);
    if (fault !== undefined) throw invalidAt('/url', fault);
    if (description !== undefined && (description.length > MAX_DESCRIPTION || !description.isWellFormed()))
      throw invalidAt('/description', `description is well-formed text of at most ${MAX_DESCRIPTION} characters`);
  }
}

function sameSettings(one: WebhookEndpoint, other: WebhookEndpoint): boolean {
  return (
    one.url === other.url &&
    one.description === other.description &&
    one.enabled === other.enabled &&
    one.types.join() === other.types.join()
  );
}

/** What the audit holds of an endpoint: of its URL only the origin, since many receivers have a key in the path. */
function audited({ url, description, types, enabled }: WebhookEndpoint): object {
  return { url: new URL(url).origin, description, types, enabled };
}

function withoutSecrets({ secrets: _secrets, ...endpoint }: SigningEndpoint): WebhookEndpoint {
  return endpoint;
}

/** The endpoint; throws NOT_FOUND where there is none. */
export function requireEndpoint(id: string, endpoint: SigningEndpoint | undefined): SigningEndpoint {
  if (endpoint === undefined) throw notFound(`no webhook ${quote(id)}`);
  return endpoint;
}

function checkedTypes(types: readonly string[]): readonly AnnouncedType[] {
  const unknown = types.find((type) => !ANNOUNCED_TYPES.some((known) => known === type));
  if (unknown !== undefined || types.length === 0) {
    const what =
      unknown === undefined ? 'types is empty; give at least one' : `types has ${quote(unknown)}, which is none`;
    throw invalidAt('/types', `${what} of: ${ANNOUNCED_TYPES.join(', ')}`);
  }
  return ANNOUNCED_TYPES.filter((type) => types.includes(type));
}

/** A new signing secret, in the form of Standard Webhooks. */
function newWebhookSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/**
 * The secrets after a rotation: the new one and, for `overlapMs` more (0 to 7 days), the one that was newest until now. Any
 * older one ends now, so that no more than two secrets sign.
 */
function secretsAfterRotation(
  secrets: readonly WebhookSecret[],
  secret: string,
  { now, overlapMs }: { readonly now: number; readonly overlapMs: number },
): readonly WebhookSecret[] {
  if (!(overlapMs >= 0 && overlapMs <= MAX_OVERLAP_MS)) {
    throw invalidAt(
      '/overlap',
      `the old secret stays valid for 0 to ${MAX_OVERLAP_MS / 1000} seconds, not ${overlapMs / 1000}`,
    );
  }
  const [last] = secrets;
  if (last === undefined || overlapMs === 0) return [{ secret }];
  return [{ secret }, { secret: last.secret, expiresAt: now + overlapMs }];
}
