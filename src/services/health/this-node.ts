import { randomUUID } from 'node:crypto';
import type { Clock } from '../../calls/clock.js';
import type { NodeReport } from '../../store/node-store.js';

export interface ThisNodeOptions extends Pick<NodeReport, 'roles' | 'version' | 'testOverrides'> {
  readonly clock: Clock;
  /** What changes while it runs. */
  readonly present: () => Pick<NodeReport, 'revision' | 'caches' | 'streams' | 'streamBacklog' | 'unknownKeys'>;
}

/** This server, as it is announced to the others. */
export class ThisNode {
  readonly id = `nod_${randomUUID().replaceAll('-', '')}`;
  /** Whether notices of other servers arrive; whoever listens for them says so. */
  notifier: NodeReport['notifier'] = 'disconnected';
  readonly #options: ThisNodeOptions;
  #startedAt: number | undefined;

  constructor(options: ThisNodeOptions) {
    this.#options = options;
  }

  report(): NodeReport {
    const { roles, version, testOverrides = false, clock, present } = this.#options;
    // At the construction the database's clock is not known yet.
    this.#startedAt ??= clock.now();
    const fixed = { id: this.id, roles, version, startedAt: this.#startedAt, ...(testOverrides && { testOverrides }) };
    return { ...fixed, notifier: this.notifier, ...present() };
  }
}
