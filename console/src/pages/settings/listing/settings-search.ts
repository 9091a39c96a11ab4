/** The parts of the page, in their order. */
export const TABS = ['tokens', 'sessions', 'webhooks', 'dead-letters', 'health'] as const;
export type Tab = (typeof TABS)[number];

/** What the page shows, as its address says. What is not said is left out. */
export interface SettingsSearch {
  readonly tab?: Tab;
  /** Of tokens, sessions and dead letters: a text in them. */
  readonly q?: string;
  /** Of tokens and deliveries: how they stand. Of tokens `all`, too. */
  readonly state?: string;
  /** Of tokens: what they may do. */
  readonly scope?: string;
  /** The webhook that is looked at. */
  readonly webhook?: string;
  /** The delivery of it that is open. */
  readonly delivery?: string;
  /** Of dead letters: why they could not be counted. */
  readonly reason?: string;
  /** Of dead letters: for whom they could not be counted, `user` or `organization`. */
  readonly kind?: string;
}

const TEXTS = ['q', 'state', 'scope', 'webhook', 'delivery', 'reason', 'kind'] as const;

/** Reads an address; what is empty, or no text, is left out. */
export function readSettingsSearch(search: Readonly<Record<string, unknown>>): SettingsSearch {
  const tab = TABS.find((each) => each === search.tab);
  const texts = TEXTS.flatMap((name) => {
    const text = textOf(search[name]);
    return text === undefined ? [] : [[name, text] as const];
  });
  return { ...(tab === undefined ? {} : { tab }), ...Object.fromEntries(texts) };
}

/** The router reads what looks like a number as one. */
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, 1_000) : undefined;
}
