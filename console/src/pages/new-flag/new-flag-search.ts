import type { Stuck } from '../../draft/new-flag.js';

/** For whom the flag is to be, as the address says: those who are stuck in a stage, or nobody in particular; and what it may be called. */
export interface NewFlagSearch {
  readonly stage?: string;
  readonly days?: number;
  readonly organization?: string;
  /** A key that clients ask for. */
  readonly key?: string;
}

/** Reads an address; what can be none is left out. */
export function readNewFlagSearch(search: Readonly<Record<string, unknown>>): NewFlagSearch {
  const [stage, organization, key] = [textOf(search.stage), textOf(search.organization), textOf(search.key)];
  const days = Math.trunc(Number(search.days));
  return {
    ...(key === undefined ? {} : { key }),
    ...(stage === undefined ? {} : { stage }),
    ...(stage === undefined || !(days > 0 && days <= 36_500) ? {} : { days }),
    ...(stage === undefined || organization === undefined ? {} : { organization }),
  };
}

export function stuckOf({ stage, days = 0, organization = '' }: NewFlagSearch): Stuck | undefined {
  return stage === undefined ? undefined : { stage, days, organization };
}

/** The router reads what looks like a number as one. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, 128) : undefined;
}
