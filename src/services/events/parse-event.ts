import type { EventName } from '../../core/states/ledger.js';
import {
  faultOfJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownMember,
  quote,
} from '../../core/values/json.js';
import { LARGEST_AMOUNT, millionthsOf, millionthsOfText, roundedAmount } from '../../core/values/millionths.js';
import { faultOfName } from '../../core/values/names.js';
import { DAY_MS, MINUTE_MS, parseInstant, shownInstant } from '../../core/values/time/time.js';
import type { NewEvent } from '../../store/event-store.js';

/** An event as a producer sent it, from whichever shape it was read. Its members have not been checked. */
export interface EventInput {
  readonly id: unknown;
  readonly source: unknown;
  readonly userId: unknown;
  readonly action: unknown;
  /** Epoch milliseconds or RFC 3339; undefined: now. */
  readonly occurredAt: unknown;
  readonly value: unknown;
  readonly properties: unknown;
  /** The event that this one takes back; undefined for one that takes back none. */
  readonly reverses?: unknown;
  /** The organization that it is of; undefined or '': the one that the user was in when it occurred. */
  readonly organizationId?: unknown;
}

/** What a producer says of a user, by Segment's `identify`. Its members have not been checked. */
export interface TraitsInput {
  readonly id: unknown;
  readonly userId: unknown;
  readonly traits: unknown;
}

export type Incoming =
  | { readonly kind: 'event'; readonly event: EventInput }
  | { readonly kind: 'traits'; readonly traits: TraitsInput };

/** An event that occurred more than this after the database's time comes from a producer whose clock is wrong. */
const MAX_AHEAD_MS = 5 * MINUTE_MS;
const MAX_PROPERTIES_BYTES = 8_192;

/**
 * Reads one JSON object in any shape that is taken: Latchkey's own (snake_case), a CloudEvent 1.0 (`type` is the action,
 * `subject` the user, the extension `organizationid` the organization), or Segment's `track` and `identify`. Other systems' numbers may be decimal texts.
 */
export function readEvent(json: JsonObject): Incoming {
  const get = (key: string): JsonValue | undefined => ownMember(json, key);
  if (get('specversion') !== undefined) {
    const data = get('data');
    const members = isJsonObject(data) ? (data as JsonObject) : undefined;
    const value = members === undefined ? dataValue(data, get('datacontenttype')) : amountIn(members, ['value']);
    const event = { id: get('id'), source: get('source'), userId: get('subject'), action: get('type') };
    const rest = { occurredAt: get('time'), organizationId: get('organizationid') };
    return { kind: 'event', event: { ...event, ...rest, value, properties: members } };
  }
  if (get('messageId') !== undefined || get('userId') !== undefined) {
    const [id, userId] = [get('messageId'), get('userId')];
    if (get('type') === 'identify') return { kind: 'traits', traits: { id, userId, traits: get('traits') } };
    const properties = get('properties');
    const value = isJsonObject(properties) ? amountIn(properties as JsonObject, SEGMENT_AMOUNTS) : undefined;
    const event = { id, source: 'segment', userId, action: get('event') };
    return { kind: 'event', event: { ...event, occurredAt: get('timestamp'), value, properties } };
  }
  const event = { id: get('id'), source: get('source'), userId: get('user_id'), action: get('action') };
  const rest = { occurredAt: get('occurred_at'), value: get('value'), properties: get('properties') };
  return {
    kind: 'event',
    event: { ...event, ...rest, reverses: get('reverses'), organizationId: get('organization_id') },
  };
}

/** The properties that Segment reserves for an amount, the one that is meant for it first. */
const SEGMENT_AMOUNTS = ['value', 'revenue'];

/** The first of these members that is given; what is no number is kept, for the event to be refused. */
function amountIn(members: JsonObject, names: readonly string[]): unknown {
  const given = names.map((name) => ownMember(members, name)).find((value) => value !== undefined && value !== null);
  return typeof given === 'string' ? (numberOf(given) ?? given) : given;
}

/** The value that a CloudEvent's data is, where it is no object: a number. A text of another type than JSON may be anything. */
function dataValue(data: JsonValue | undefined, type: JsonValue | undefined): unknown {
  if (typeof data !== 'string') return typeof data === 'number' ? data : undefined;
  const isJson = typeof type !== 'string' || /\bjson\b/i.test(type);
  return numberOf(data) ?? (isJson ? data : undefined);
}

/** The number that a decimal text stands for; undefined for any other text, and for one with more digits than a number keeps. */
function numberOf(text: string): number | undefined {
  const millionths = millionthsOfText(text);
  const value = Number(text);
  return millionths !== undefined && Number.isFinite(value) && millionthsOf(value) === millionths ? value : undefined;
}

export interface ParseEventOptions {
  /** The present instant by the database's clock. */
  readonly now: number;
  /** For how many days duplicates are recognised. Older events are refused, since they could count twice. */
  readonly retentionDays: number;
}

/** An event ready for the inbox, or what is wrong with it. */
export function parseEvent(input: EventInput, { now, retentionDays }: ParseEventOptions): NewEvent | string {
  const { id, source = '', userId, value = 0, properties = {} } = input;
  const reverses = input.reverses ?? undefined;
  // An event that takes back another is of that one's action, and need not say so.
  const action = reverses === undefined ? input.action : (input.action ?? '');
  const fault =
    faultOfName('eventId', id) ??
    faultOfName('userId', userId) ??
    (reverses !== undefined && action === '' ? undefined : faultOfName('action', action)) ??
    (source === '' ? undefined : faultOfName('source', source)) ??
    (reverses === undefined ? undefined : faultOfReverses(input));
  if (fault !== undefined) return fault;
  const occurredAt = input.occurredAt === undefined ? now : givenInstant(input.occurredAt);
  if (occurredAt === undefined)
    return `occurred_at ${quote(input.occurredAt)} is no RFC 3339 instant, like 2026-01-31T12:00:00Z`;
  if (occurredAt > now + MAX_AHEAD_MS) {
    return `occurred_at ${quote(shownInstant(occurredAt))} is more than 5 minutes ahead of ${shownInstant(now)}; check the producer's clock`;
  }
  if (occurredAt < now - retentionDays * DAY_MS) {
    return `occurred_at ${quote(shownInstant(occurredAt))} is more than ${retentionDays} days ago, for how long duplicates are recognised; events that old are not taken`;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    const isDecimal = typeof value === 'string' && millionthsOfText(value) !== undefined;
    return `value ${quote(value)} is no finite number; ${isDecimal ? 'send a number of 15 digits at most' : 'send one like 12.5'}`;
  }
  if (Math.abs(value) > LARGEST_AMOUNT) return `value ${quote(value)} is beyond ±${LARGEST_AMOUNT}; use a larger unit`;
  if (!isJsonObject(properties)) return `properties ${quote(properties)} are no JSON object`;
  const jsonFault = faultOfJson(properties as JsonObject);
  if (jsonFault !== undefined) return `properties${jsonFault.pointer}: the JSON ${jsonFault.message}`;
  const bytes = Buffer.byteLength(JSON.stringify(properties));
  if (bytes > MAX_PROPERTIES_BYTES)
    return `properties have at most ${MAX_PROPERTIES_BYTES} bytes as JSON, and these have ${bytes}`;
  return {
    id: id as string,
    source: source as string,
    userId: userId as string,
    action: action as string,
    occurredAt,
    value: roundedAmount(value),
    properties: properties as JsonObject,
    receivedAt: now,
    ...(reverses === undefined ? {} : { reverses: originalOf(reverses as JsonObject, source as string) }),
  };
}

/** The event that is taken back: of the same source where none is named. */
function originalOf(reverses: JsonObject, source: string): EventName {
  return { source: (ownMember(reverses, 'source') ?? source) as string, id: ownMember(reverses, 'id') as string };
}

/** What is wrong with what an event says it takes back; its own id and source are fine. */
function faultOfReverses({ reverses, id, source = '', value }: EventInput): string | undefined {
  if (!isJsonObject(reverses)) return `reverses ${quote(reverses)} is no object; send {"source": …, "id": …}`;
  const original = originalOf(reverses as JsonObject, source as string);
  const fault =
    faultOfName('eventId', original.id) ??
    (original.source === '' ? undefined : faultOfName('source', original.source));
  if (fault !== undefined) return `reverses: ${fault}`;
  if (original.id === id && original.source === source)
    return `reverses names the event ${quote(id)} itself; name the event that is to be taken back`;
  if (value !== undefined && value !== null)
    return `value ${quote(value)} has no meaning here: an event that takes back another takes back what that one counted; leave it out`;
  return undefined;
}

/** The instant that an RFC 3339 text or whole epoch milliseconds name; undefined for anything else. */
function givenInstant(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  return typeof value === 'string' ? parseInstant(value) : undefined;
}
