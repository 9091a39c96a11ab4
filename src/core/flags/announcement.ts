/** The CloudEvents types of the events that webhooks can be told of. */
export const ANNOUNCED_TYPES = [
  'dev.latchkey.unlocked',
  'dev.latchkey.revoked',
  'dev.latchkey.relocked',
  'dev.latchkey.flag.changed',
] as const;

export type AnnouncedType = (typeof ANNOUNCED_TYPES)[number];

/** The CloudEvents type of a test event, which is sent only when an operator asks for it. */
export const PING_TYPE = 'dev.latchkey.ping';
