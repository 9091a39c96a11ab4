import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Store } from '../store.js';
import { auditContract } from './audit-contract.js';
import { backfillContract } from './backfill-contract.js';
import { configurationContract } from './configuration-contract.js';
import { deliveryContract } from './delivery-contract.js';
import { derivedContract } from './derived-contract.js';
import { earnerContract } from './earner-contract.js';
import { eventContract } from './event-contract.js';
import { finderContract } from './finder-contract.js';
import { inboxContract } from './inbox-contract.js';
import { keptContract } from './kept-contract.js';
import { ledgerContract } from './ledger-contract.js';
import { memberContract } from './member-contract.js';
import { onboardingContract } from './onboarding-contract.js';
import { organizationContract } from './organization-contract.js';
import { recordContract } from './record-contract.js';
import { transactionContract } from './transaction-contract.js';
import { userContract } from './user-contract.js';
import { userPagesContract } from './user-pages-contract.js';
import { volumeContract } from './volume-contract.js';
import { webhookContract } from './webhook-contract.js';

/** What an adapter brings to be held to the port's obligations. */
export interface StoreHarness {
  /** A store on a new, migrated database. */
  readonly open: () => Promise<Store>;
  /** An open store whose database is not there. */
  readonly unreachable: () => Promise<Store>;
  /** Removes the database, after the store was closed. */
  readonly remove: () => Promise<void>;
}

/** Every obligation in the port's comments, for any adapter. */
export function storeContract(harness: StoreHarness): void {
  let opened: Store;
  const store = (): Store => opened;

  beforeAll(async () => {
    opened = await harness.open();
  });

  afterAll(async () => {
    await opened?.close();
    await harness.remove();
  });

  describe('the configuration', () => configurationContract(store));
  describe('organizations', () => organizationContract(store));
  // First: it tells everybody who is there.
  describe('users in pages', () => userPagesContract(store));
  describe('users and organizations that are looked for', () => finderContract(store));
  describe('users', () => userContract(store));
  describe('onboarding that is counted', () => onboardingContract(store));
  describe('members', () => memberContract(store));
  describe('the inbox', () => inboxContract(store));
  describe('events', () => eventContract(store));
  describe('organizations that earn', () => earnerContract(store));
  describe('timers, outbox and tokens', () => recordContract(store));
  describe('the audit and versions', () => auditContract(store));
  describe('how often actions are done', () => volumeContract(store));
  describe('the ledger by flag, and removed users', () => ledgerContract(store));
  describe('backfills', () => backfillContract(store));
  describe('webhooks and what waits for them', () => webhookContract(store));
  describe('deliveries', () => deliveryContract(store));
  describe('transactions', () => transactionContract(store, harness.unreachable));
  // Last: it leaves users behind, who are brought up to date when they are locked.
  describe('derived actions', () => derivedContract(store));
  describe('what is kept of users', () => keptContract(store));
}
