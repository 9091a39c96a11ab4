import { Counter, Gauge, type Registry } from 'prom-client';
import type { Refusal } from '../calls/doors.js';
import { DOOR_NAMES, type DoorName } from '../calls/doors.js';
import { CallDurations } from './call-durations.js';

/** What is read of the doors at each scrape. */
export interface DoorSources {
  readonly openStreams: () => ReadonlyMap<DoorName, number>;
  /** By listener, which is named after its first door. */
  readonly openConnections: () => ReadonlyMap<DoorName, number>;
}

/** What is measured of calls, by the door that they came by. */
export class DoorMetrics {
  readonly #registry: Registry;
  readonly #requests: CallDurations;
  readonly #failedAuthentications: Counter<'door'>;
  readonly #refused: Counter<'door' | 'why'>;
  /** Plain numbers that each scrape reads: a labelled gauge costs more than a small decision. */
  readonly #inFlight = Object.fromEntries(DOOR_NAMES.map((door) => [door, 0])) as Record<DoorName, number>;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#requests = new CallDurations({
      name: 'latchkey_request_duration_seconds',
      help: 'Requests by door, operation and outcome.',
      registry,
    });
    this.#failedAuthentications = new Counter({
      name: 'latchkey_failed_authentications_total',
      help: 'Requests whose caller could not be established.',
      labelNames: ['door'],
      registers: [registry],
    });
    this.#refused = new Counter({
      name: 'latchkey_refused_total',
      help: 'Connections that were closed, and requests refused, before it was asked who sends them, by listener and why.',
      labelNames: ['door', 'why'],
      registers: [registry],
    });
    const inFlight = this.#inFlight;
    this.#gauge('latchkey_requests_in_flight', 'Requests that are not answered yet, streams included, by door.', () =>
      DOOR_NAMES.map((door) => [door, inFlight[door]] as const),
    );
  }

  /** A request has arrived. {@link requestEnded} is called for it, once. */
  requestBegan(door: DoorName): void {
    this.#inFlight[door]++;
  }

  requestEnded(door: DoorName, operation: string, code: string, durationMs: number): void {
    this.#inFlight[door]--;
    this.#requests.ended(door, operation, code, durationMs);
  }

  authenticationFailed(door: DoorName): void {
    this.#failedAuthentications.inc({ door });
  }

  /** A connection was closed, or a request refused, before it was asked who sends it. */
  refused(listener: DoorName, why: Refusal): void {
    this.#refused.inc({ door: listener, why });
  }

  /** Registers what is read at each scrape. Call once. */
  watch({ openStreams, openConnections }: DoorSources): void {
    this.#gauge('latchkey_door_streams', 'Streams that are open, by door.', openStreams);
    this.#gauge('latchkey_open_connections', 'Connections that are open, by listener.', openConnections);
  }

  #gauge(name: string, help: string, read: () => Iterable<readonly [DoorName, number]>): void {
    new Gauge({
      name,
      help,
      labelNames: ['door'],
      registers: [this.#registry],
      collect() {
        for (const [door, value] of read()) this.set({ door }, value);
      },
    });
  }
}
