/** What webhooks can be asked to tell of, by CloudEvents type. */
export const ANNOUNCED_TYPES = ['dev.latchkey.unlocked', 'dev.latchkey.revoked', 'dev.latchkey.flag.changed'] as const;

export type AnnouncedType = (typeof ANNOUNCED_TYPES)[number];

/** Sent on an operator's word alone, to see that an endpoint answers; nobody asks for it by its type. */
export const PING_TYPE = 'dev.latchkey.ping';
