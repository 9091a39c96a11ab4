import { type Caller, confinedTo } from '../../calls/caller.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';
import type { EventKey, NewEvent, StoredEvent } from '../../store/event-store.js';
import { shownName } from '../../unlocking/look-through.js';
import { faultOfReversal, isForgotten } from '../../unlocking/reverse-event.js';

export interface CheckedReversals {
  /** The events that are not taken. */
  readonly refused: ReadonlySet<NewEvent>;
  readonly rejected: readonly { readonly id: string; readonly error: string }[];
  /** Those of which it is known that another event has taken back what they would: they count for nothing. */
  readonly again: ReadonlySet<NewEvent>;
  readonly warnings: readonly Fault[];
}

export const NO_REVERSALS: CheckedReversals = { refused: new Set(), rejected: [], again: new Set(), warnings: [] };

export interface ReversalsInput {
  /** What the call has. */
  readonly events: readonly NewEvent[];
  /** Those of the events that take back others, with the pointers to what they name. */
  readonly reversals: ReadonlyMap<NewEvent, string>;
  readonly stored: (keys: readonly EventKey[]) => Promise<readonly (StoredEvent | undefined)[]>;
  readonly caller: Caller;
  readonly retentionDays: number;
  readonly snapshot: Snapshot;
}

/**
 * Looks at what events are to take back before they are stored: what is known to be wrong is refused at once, what comes to light later
 * makes a dead letter. People take back what they could have sent themselves, and nothing that is not there.
 */
export async function checkReversals(input: ReversalsInput): Promise<CheckedReversals> {
  const { caller, retentionDays, snapshot } = input;
  const { derivations } = snapshot;
  const reversals = [...input.reversals];
  const originals = await input.stored(reversals.map(([event]) => nameOfOriginal(event)));
  const inCall = new Map(input.events.map((event) => [textOf(event), event]));
  const refused = new Set<NewEvent>();
  const rejected: { id: string; error: string }[] = [];
  const again = new Set<NewEvent>();
  const warnings: Fault[] = [];
  for (const [i, [event, pointer]] of reversals.entries()) {
    const name = nameOfOriginal(event);
    const sent = inCall.get(textOf(name));
    const original = originals[i] ?? (sent && { ...sent, state: 'pending' as const, dayZone: 'UTC' });
    const fault =
      (caller.kind === 'person' ? personFault(name, original, snapshot) : undefined) ??
      (original && faultOfReversal(event, original, { retentionDays, derivations }));
    if (fault !== undefined) {
      refused.add(event);
      rejected.push({ id: event.id, error: fault });
    } else if (original?.state === 'reversed') again.add(event);
    else if (original === undefined && confinedTo(caller) === '') {
      const message = `no event ${shownName(name)} of the user ${quote(event.userId)} is stored: if it comes within ${retentionDays} days, it will count as nothing; if it came before that, nothing is taken back`;
      warnings.push({ pointer, message });
    }
  }
  return { refused, rejected, again, warnings };
}

function personFault(
  name: EventKey,
  original: StoredEvent | undefined,
  { actions }: Pick<Snapshot, 'actions'>,
): string | undefined {
  // One that was taken back already is told as that: only its name may be known.
  if (original?.state === 'reversed') return undefined;
  const known = original !== undefined && !isForgotten(original);
  if (known && actions.get(original.action)?.clientTrackable) return undefined;
  return `no event ${shownName(name)} that you could have sent`;
}

function nameOfOriginal({ userId, reverses }: NewEvent): EventKey {
  return { userId, ...reverses! };
}

function textOf({ userId, source, id }: EventKey): string {
  return JSON.stringify([userId, source, id]);
}
