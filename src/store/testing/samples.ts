import type { AccessRow, Flag } from '../../core/flags/flag.js';
import type { LedgerEntry } from '../../core/states/ledger.js';
import type { NewEvent } from '../event-store.js';
import type { Store, Transaction } from '../store.js';

let counter = 0;

/** A name that no other test of this file uses. */
export function unique(prefix: string): string {
  counter += 1;
  return `${prefix}-${counter}`;
}

/** Ids that SQL, JavaScript or a sloppy collation could take for something else, all different from each other. */
export const AWKWARD_IDS: readonly string[] = [
  'Alice',
  'alice',
  'ALICE',
  'àlice',
  '__proto__',
  'constructor',
  'toString',
  "Robert'); DROP TABLE users;--",
  'a"b`c\\d',
  '%_?:name $1 {}',
  '??',
  'żółć',
  '👩‍🚀',
  '👩',
  '\u{10FFFF}',
  '漢字',
  '0',
  '00',
  'null',
  ' leading',
  'line\nbreak\ttab',
  'x'.repeat(191),
];

export function sampleFlag(change: Partial<Flag> = {}): Flag {
  const key = unique('flag');
  return {
    id: `flg_${key}`,
    key,
    name: 'Reports',
    description: '',
    active: true,
    isEnabledGlobally: false,
    type: 'BOOLEAN',
    variants: [
      { key: 'on', value: true },
      { key: 'off', value: false },
    ],
    offVariant: 'off',
    distribution: [],
    rules: [],
    prerequisites: [],
    tags: [],
    owner: '',
    delegated: false,
    clientVisible: true,
    archived: false,
    version: 1,
    salt: 'salt',
    bucketing: 2,
    createdAt: 1_700_000_000_000,
    updatedAt: 1_700_000_000_001,
    ...change,
  };
}

export function accessRow(change: Partial<AccessRow>): AccessRow {
  return {
    flagId: 'flg_x',
    userId: '',
    role: '',
    organizationId: '',
    managedBy: '',
    effect: 'ALLOW',
    enabled: true,
    ...change,
  };
}

export function sampleEvent(change: Partial<NewEvent> = {}): NewEvent {
  return {
    id: unique('event'),
    source: 'test',
    userId: unique('user'),
    action: 'login',
    occurredAt: 1_700_000_000_000,
    value: 1,
    properties: {},
    receivedAt: 1_700_000_000_500,
    ...change,
  };
}

export function ledgerEntry(change: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    flagId: 'flg_x',
    ruleId: 'rul_x',
    ruleVersion: 1,
    kind: 'unlocked',
    earnedAt: 1_700_000_000_000,
    recordedAt: 1_700_000_000_001,
    cause: { type: 'time' },
    ...change,
  };
}

/** Every item of a listing, read page by page. */
export async function allPages<T>(
  limit: number,
  read: (page: { readonly limit: number; readonly after?: string }) => Promise<{
    readonly items: readonly T[];
    readonly next?: string;
  }>,
): Promise<readonly T[]> {
  const items: T[] = [];
  for (let after: string | undefined; ; ) {
    const page = await read({ limit, ...(after !== undefined && { after }) });
    if (page.items.length > limit) throw new Error(`a page of ${page.items.length} where ${limit} were asked for`);
    items.push(...page.items);
    if (page.next === undefined) return items;
    if (page.items.length === 0) throw new Error('an empty page that says there is more');
    after = page.next;
  }
}

/** A promise with its ends outside: how tests hold a transaction open until they say so. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

/** Runs a change of the configuration, in a transaction that has raised its revision first. */
export function changing(store: Store, work: (tx: Transaction) => Promise<unknown>): Promise<void> {
  return store.transaction(async (tx) => {
    await tx.configuration.advance();
    await work(tx);
  });
}

export function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
