/** The types of events that a webhook may want, in the order in which they are offered. */
export const WEBHOOK_TYPES = [
  'dev.latchkey.unlocked',
  'dev.latchkey.revoked',
  'dev.latchkey.relocked',
  'dev.latchkey.flag.changed',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

const AT = '2026-11-28T14:03:11.000Z';
const ID = 'evt_0d6c3c5e4a1f4d8a9b1f0f6f5a3c2b1e';

const unlock = (cause: object): object => ({
  user_id: 'ada',
  flag_key: 'power_tools',
  flag_id: 'flg_5f0c…',
  rule_id: 'rul_a81e…',
  rule_version: 1,
  earned_at: AT,
  recorded_at: AT,
  cause,
});

const DATA: Readonly<Record<WebhookType, object>> = {
  'dev.latchkey.unlocked': unlock({ type: 'event', event_id: '3', action: 'project_saved' }),
  'dev.latchkey.revoked': unlock({ type: 'manual' }),
  'dev.latchkey.relocked': unlock({ type: 'event', event_id: '9', action: 'project_saved', reverses: '3' }),
  'dev.latchkey.flag.changed': {
    flag_key: 'power_tools',
    flag_id: 'flg_5f0c…',
    version: 7,
    changed_at: AT,
    action: 'changed',
  },
};

/** What is sent when something of this type happens, as in docs/webhooks.md: its headers, and its body with lines that it has not. */
export function sampleOf(type: WebhookType): string {
  const body = {
    specversion: '1.0',
    id: ID,
    source: '/latchkey',
    type,
    subject: type === 'dev.latchkey.flag.changed' ? 'power_tools' : 'ada',
    time: AT,
    datacontenttype: 'application/json',
    data: DATA[type],
  };
  return [
    'content-type: application/cloudevents+json; charset=utf-8',
    `webhook-id: ${ID}`,
    `webhook-timestamp: ${Date.parse(AT) / 1_000}`,
    'webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
    '',
    JSON.stringify(body, undefined, 1),
  ].join('\n');
}
