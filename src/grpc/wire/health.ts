import type { handleServerStreamingCall, Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { OpenStreams } from './open-streams.js';

const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** `grpc.health.v1.Health` for the server as a whole (the empty name) and for each service by its full name. */
export class Health {
  readonly #implementation = new HealthImplementation();
  readonly #services = new Set(['', HEALTH_SERVICE]);
  #serving: boolean = false;

  /** Adds the service; its Watch streams are `streams` to end. */
  addTo(server: Server, streams: OpenStreams): void {
    this.#implementation.addToServer({
      addService: (definition, implementation) => {
        const watch = implementation.watch as handleServerStreamingCall<unknown, unknown>;
        const trackedWatch: typeof watch = (call) => {
          streams.add(call);
          watch(call);
        };
        server.addService(definition, { ...implementation, watch: trackedWatch });
      },
    });
    this.setServing(false);
  }

  /** Has the service's health tell of `fullName` too. */
  addService(fullName: string): void {
    this.#services.add(fullName);
    this.#implementation.setStatus(fullName, this.#serving ? 'SERVING' : 'NOT_SERVING');
  }

  /** Whether the server has that service. */
  knows(fullName: string): boolean {
    return this.#services.has(fullName);
  }

  /** What Check answers and Watch sends from now on, for everything. */
  setServing(serving: boolean): void {
    this.#serving = serving;
    for (const name of this.#services) this.#implementation.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }
}
