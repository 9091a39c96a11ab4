import type { Call } from '../calls/caller.js';
import { withoutOverrides } from '../calls/caller.js';
import type { LatchkeyError } from '../calls/errors.js';
import type { ConfigurationKeeper } from '../configuration/configuration-keeper.js';
import type { Snapshot } from '../core/snapshot/snapshot.js';
import { MINUTE_MS, SECOND_MS } from '../core/values/time/time.js';
import { streamFailure } from '../protocol/rpcs/stream-failure.js';
import type { StreamEnd, StreamEvent } from '../services/streaming/event-stream.js';
import type { StreamService } from '../services/streaming/streams.js';
import type { FlagdCall } from './handlers.js';
import { AGAIN_MS, ToldAgain } from './told-again.js';

/** What became of a flag. */
export type FlagChange = 'write' | 'update' | 'delete';

/** An event as flagd's clients read it, in both versions of the protocol. */
export interface FlagdEvent {
  readonly type: 'provider_ready' | 'keep_alive' | 'configuration_change' | 'provider_shutdown';
  readonly data?: { readonly flags: Readonly<Record<string, { readonly type: FlagChange }>> };
}

/** A door's end of an event stream. */
export interface FlagdEventsOut {
  /** Takes an event; false asks for no more until {@link FlagdFeed.writable} is called. */
  write(event: FlagdEvent): boolean;
  /** The stream is over, with that failure: clients come back after a failure alone. */
  end(failure: LatchkeyError): void;
}

export interface FlagdFeed {
  writable(): void;
  /** The reader has gone. */
  close(): void;
  /** The server stops: tells the reader so. The door ends the stream then. */
  drain(): void;
}

export interface FlagdEventsOptions {
  readonly streams: Pick<StreamService, 'watch' | 'changedWithin'>;
  readonly keeper: Pick<ConfigurationKeeper, 'snapshot'>;
}

/** Clients of flagd look for a `keep_alive` each 20 s; who is quiet is looked for once a second. */
const MOST_QUIET_MS = 19 * SECOND_MS;

/** For how long a client may have been away, and still have what it kept. The longest that any keeps it by default is ten seconds. */
const MISSED_MS = 5 * MINUTE_MS;

/** How many flags one event names: clients bound what they take of a message. */
const MAX_FLAGS_OF_EVENT = 1_000;

/**
 * Opens an event stream: `provider_ready` first, `keep_alive` whenever nothing was told for a while, `configuration_change` with the flags
 * that the caller may know of and that were changed (whatever is cached of an answer that was STATIC is void then), or, for a person, that
 * may be decided otherwise for them since they were written, or by time. Machines are told at once of what was changed lately, since they
 * may have kept it over a break. Each change is told once more a while later, see {@link ToldAgain}. The stream is bounded, and ends with
 * its token, as any other stream of changes.
 */
export async function openFlagdEvents(
  options: FlagdEventsOptions,
  call: FlagdCall,
  out: FlagdEventsOut,
): Promise<FlagdFeed> {
  const write = (events: readonly FlagdEvent[]): boolean => events.map((one) => out.write(one)).every((more) => more);
  const again = new ToldAgain((keys) => write(told.again(keys)));
  const told = new ToldChanges(options, call, again);
  let waited = false;
  const userId = call.caller.kind === 'person' ? call.caller.userId : '';
  // A client sends what it overrides with every call. An event names flags, and tells no decision that the call could make itself.
  const watching = await options.streams.watch(withoutOverrides(call), {
    userId,
    resumeToken: '',
    mostQuietMs: MOST_QUIET_MS,
    tellsWrites: true,
    sink: {
      write: (event) => {
        const takes = write(told.eventsOf(event, waited));
        again.wrote(takes);
        return takes;
      },
      end: (reason: StreamEnd) => {
        again.close();
        out.end(streamFailure(reason));
      },
    },
  });
  return {
    writable: () => {
      if (!again.writable()) return;
      waited = true;
      watching.writable();
      waited = false;
    },
    close: () => {
      again.close();
      watching.close();
    },
    drain: () => void out.write({ type: 'provider_shutdown' }),
  };
}

type Changes = Iterable<readonly [key: string, type: FlagChange]>;

/** What a reader has been told of the configuration, by which it is known whether a flag is new to them, or gone. */
class ToldChanges {
  readonly #options: FlagdEventsOptions;
  readonly #call: FlagdCall;
  readonly #again: ToldAgain;
  #told: Snapshot | undefined;

  constructor(options: FlagdEventsOptions, call: FlagdCall, again: ToldAgain) {
    this.#options = options;
    this.#call = call;
    this.#again = again;
  }

  /** @param waited whether the event is told later than it happened, as the reader was behind */
  eventsOf(event: StreamEvent, waited: boolean): readonly FlagdEvent[] {
    const before = this.#told;
    const now = this.#options.keeper.snapshot;
    this.#told = now;
    if (before === undefined) return this.#begin(now);
    if (event.type === 'heartbeat') return [{ type: 'keep_alive' }];
    const changes = [...this.#changes(event, before, now, waited)];
    this.#again.add(changes.map(([key]) => key));
    return changeEvents(changes);
  }

  /** The events that tell once more of flags that were told of. */
  again(keys: readonly string[]): readonly FlagdEvent[] {
    return changeEvents(this.#present(keys, this.#options.keeper.snapshot));
  }

  /** What the reader may have kept an answer of that holds no longer is told at once. Only machines have any to keep. */
  #begin(now: Snapshot): readonly FlagdEvent[] {
    const { streams } = this.#options;
    const { caller } = this.#call;
    this.#again.add(streams.changedWithin(AGAIN_MS)[caller.kind === 'person' ? 'visible' : 'all']);
    const missed = caller.kind === 'person' ? [] : streams.changedWithin(MISSED_MS).all;
    return [{ type: 'provider_ready' }, ...changeEvents(this.#present(missed, now))];
  }

  /** Where it is not known what the reader has been told of: what became of these flags. */
  *#present(keys: Iterable<string>, now: Snapshot): Changes {
    for (const key of keys) yield [key, isToldOf(this.#call, key, now) ? 'update' : 'delete'];
  }

  *#changes(event: StreamEvent, before: Snapshot, now: Snapshot, waited: boolean): Changes {
    // A flag of an event that waited may have come and gone meanwhile, and have been asked for in between.
    const mayBeGone = waited && event.type === 'configuration';
    for (const key of keysOf(event, before, now)) {
      const [was, is] = [isToldOf(this.#call, key, before), isToldOf(this.#call, key, now)];
      if (is) yield [key, was ? 'update' : 'write'];
      else if (was || mayBeGone) yield [key, 'delete'];
    }
  }
}

function changeEvents(changes: Changes): readonly FlagdEvent[] {
  const told = [...changes];
  const events: FlagdEvent[] = [];
  for (let first = 0; first < told.length; first += MAX_FLAGS_OF_EVENT) {
    const some = told.slice(first, first + MAX_FLAGS_OF_EVENT);
    const flags = Object.fromEntries(some.map(([key, type]) => [key, { type }]));
    events.push({ type: 'configuration_change', data: { flags } });
  }
  return events;
}

/** The keys of the flags that an event is about; where it is not known what was missed, all that there were and are. */
function keysOf(event: StreamEvent, before: Snapshot, now: Snapshot): Iterable<string> {
  switch (event.type) {
    case 'configuration':
      return event.flagKeys;
    case 'user':
      return [...event.unlocked, ...event.locked].map(({ flagKey }) => flagKey);
    case 'reset':
      return new Set([...before.flags.keys(), ...now.flags.keys()]);
    case 'heartbeat':
      return [];
  }
}

/** Whether the caller is answered of a flag in this configuration. */
function isToldOf(
  { caller, tag }: Pick<FlagdCall, 'tag'> & Pick<Call, 'caller'>,
  key: string,
  { flags }: Snapshot,
): boolean {
  const flag = flags.get(key)?.flag;
  if (flag === undefined || flag.archived) return false;
  return (caller.kind !== 'person' || flag.clientVisible) && (tag === undefined || flag.tags.includes(tag));
}
