import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../../calls/caller.js';
import { requireComment } from '../../calls/check-input.js';
import { invalidAt, notFound } from '../../calls/errors.js';
import { type OpenReaders, readerOf, tokenEnded } from '../../calls/open-readers.js';
import { authorize, type Operation } from '../../calls/permissions.js';
import { recordAudit } from '../../calls/writes/record-audit.js';
import { startBackfills } from '../../configuration/backfill-start.js';
import { announceConfiguration } from '../../configuration/configuration-write.js';
import { confirmSnapshot } from '../../configuration/confirm-snapshot.js';
import { type FlagMarksOptions, lockFlags, markUnsettled } from '../../configuration/flag-marks.js';
import type { Earner } from '../../core/states/user-state.js';
import { quote } from '../../core/values/json.js';
import { SECOND_MS } from '../../core/values/time/time.js';
import { type Backfill, subjectOf } from '../../store/backfill-store.js';
import type { Page, PageRequest } from '../../store/page.js';

export interface BackfillOptions extends FlagMarksOptions {
  readonly readers: OpenReaders;
}

/** A backfill and how far it is. */
export interface BackfillProgress extends Backfill {
  /** The flag's key; '' when this server's snapshot does not have the flag. */
  readonly flagKey: string;
  /** Whom it looks at now or, at its end, whom it looked at last. */
  readonly subject: Earner;
  /** How many milliseconds the rest will take at the pace so far; undefined before the first users are done, and at the end. */
  readonly leftMs: number | undefined;
}

const LOOK_EVERY_MS = SECOND_MS / 2;

/** Backfills as operators see them, and what they can do: start one, cancel one. */
export class BackfillService {
  readonly #options: BackfillOptions;

  constructor(options: BackfillOptions) {
    this.#options = options;
  }

  async get(call: Call, id: string): Promise<BackfillProgress> {
    return this.#get(call, 'GetBackfill', id);
  }

  /** Newest first; `flag` is a key or an id, '' for all. */
  async list(
    call: Call,
    { flag, unfinished }: { readonly flag: string; readonly unfinished: boolean },
    page: PageRequest,
  ): Promise<Page<BackfillProgress>> {
    authorize(call, 'ListBackfills');
    const filter = flag === '' ? {} : { flagId: await this.#flagId(flag) };
    const { items, ...rest } = await this.#options.store.backfills.list(page, { ...filter, unfinished });
    return { ...rest, items: items.map((backfill) => this.progressOf(backfill)) };
  }

  /** Those that have not ended: the running ones first, `limit` at most, with how many there are up to `countTo`. */
  async unfinished(
    call: Call,
    { limit, countTo }: { readonly limit: number; readonly countTo: number },
  ): Promise<{ readonly items: readonly BackfillProgress[]; readonly count: number }> {
    authorize(call, 'ListBackfills');
    const { items, count } = await this.#options.store.backfills.unfinished(limit, countTo);
    return { items: items.slice(0, limit).map((backfill) => this.progressOf(backfill)), count };
  }

  /** A backfill's progress: at once, then whenever it has changed, until the backfill ends. Rejects with NOT_FOUND. */
  async *watch(call: Call, id: string): AsyncGenerator<BackfillProgress> {
    const { readers } = this.#options;
    readers.requireRoom({ reader: readerOf(call) });
    let ended = false;
    const open = {
      reader: readerOf(call),
      end: () => {
        ended = true;
      },
    };
    readers.add(open);
    try {
      for (let told = ''; !call.signal?.aborted; ) {
        if (ended) throw tokenEnded();
        const progress = await this.#get(call, 'WatchBackfill', id);
        const now = JSON.stringify(progress);
        if (now !== told) yield progress;
        told = now;
        if (progress.finishedAt !== undefined) return;
        await sleep(LOOK_EVERY_MS);
      }
    } finally {
      readers.delete(open);
    }
  }

  /**
   * Ends a backfill after the page of users that is being worked on. Users who were not reached unlock with their next event
   * or write instead, whatever that is about: for this the flag is marked. A backfill that has ended already stays as it is.
   */
  async cancel(call: Call, id: string, comment: string): Promise<BackfillProgress> {
    authorize(call, 'CancelBackfill');
    requireComment(comment, 'comment');
    const { store, keeper, notifier } = this.#options;
    const known = await store.backfills.get(id);
    if (known === undefined) throw noBackfill(id);
    const { backfill, revision } = await store.transaction(async (tx) => {
      const [flag] = await lockFlags(tx, [known.flagId]);
      // Also where the flag is marked: a backfill that is under way may take off a mark that was there when it began.
      const noting = flag !== undefined && known.finishedAt === undefined;
      const revision = noting ? await tx.configuration.advance() : undefined;
      const now = await tx.now();
      const backfill = (await tx.backfills.cancel(id, now))!;
      if (revision !== undefined && backfill.state === 'cancelled') {
        await tx.configuration.putFlag(markUnsettled(flag!, revision));
      }
      const change = { before: undefined, after: { state: backfill.state, done: backfill.done }, comment };
      await recordAudit(tx, call, now, { action: 'backfill.cancel', target: id, ...change });
      return { backfill, revision };
    });
    if (revision !== undefined) await announceConfiguration({ keeper, notifier }, revision);
    return this.progressOf(backfill);
  }

  /** Starts a backfill for a flag's present rules: after one was cancelled, after some users failed, or after a restore. */
  async start(call: Call, flag: string, comment: string): Promise<BackfillProgress> {
    authorize(call, 'StartBackfill');
    requireComment(comment, 'comment');
    const { store, keeper } = this.#options;
    const flagId = await this.#flagId(flag);
    const [id] = await store.transaction(async (tx) => {
      // Whoever else starts a backfill at the same moment waits here.
      await tx.configuration.holdRevision();
      const { snapshot, now } = await confirmSnapshot(tx, keeper);
      const latches = snapshot.latching.some((compiled) => compiled.flag.id === flagId);
      if (!latches)
        throw invalidAt(
          '/flag',
          `the flag ${quote(flag)} has no latching rule, or is archived: there is nothing to earn`,
        );
      const change = { before: undefined, after: { flagId }, comment };
      await recordAudit(tx, call, now, { action: 'backfill.start', target: flag, ...change });
      const scope = { organizationId: '', reason: 'manual', revision: snapshot.revision, now } as const;
      return startBackfills(tx, [flagId], scope);
    });
    return this.progressOf((await store.backfills.get(id!))!);
  }

  async #get(call: Call, operation: Operation, id: string): Promise<BackfillProgress> {
    authorize(call, operation);
    const backfill = await this.#options.store.backfills.get(id);
    if (backfill === undefined) throw noBackfill(id);
    return this.progressOf(backfill);
  }

  async #flagId(flag: string): Promise<string> {
    const stored = await this.#options.store.configuration.flag(flag);
    if (stored === undefined) throw notFound(`no flag ${quote(flag)}`);
    return stored.id;
  }

  /** A backfill that was read, as it is told of. */
  progressOf(backfill: Backfill): BackfillProgress {
    const { total, done, busyMs, flagId, finishedAt } = backfill;
    const paced = total !== undefined && done > 0 && finishedAt === undefined;
    const leftMs = paced ? Math.round((busyMs / done) * Math.max(0, total - done)) : undefined;
    return {
      ...backfill,
      leftMs,
      subject: subjectOf(backfill),
      flagKey: this.#options.keeper.snapshot.flagsById.get(flagId)?.flag.key ?? '',
    };
  }
}

function noBackfill(id: string): Error {
  return notFound(`no backfill ${quote(id)}; the list of backfills has those that there are`);
}
