import type { handleServerStreamingCall, Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { PublicStreams } from './public-streams.js';

const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** `grpc.health.v1.Health` for the server as a whole (the empty name) and for each service by its full name. */
export class Health {
  readonly #implementation = new HealthImplementation();
  readonly #services = new Set(['', HEALTH_SERVICE]);
  #serving: boolean = false;

  /** Adds the health service to a server. Its Watch streams are taken by `streams`. */
  addTo(server: Server, streams: PublicStreams): void {
    this.#implementation.addToServer({
      addService: (definition, implementation) => {
        const watch = implementation.watch as handleServerStreamingCall<unknown, unknown>;
        const trackedWatch: typeof watch = (call) => {
          if (streams.take(call)) watch(call);
        };
        server.addService(definition, { ...implementation, watch: trackedWatch });
      },
    });
    this.setServing(false);
  }

  /** Has the health of the service `fullName` reported, too. */
  addService(fullName: string): void {
    this.#services.add(fullName);
    this.#implementation.setStatus(fullName, this.#serving ? 'SERVING' : 'NOT_SERVING');
  }

  /** Whether the server has that service. */
  knows(fullName: string): boolean {
    return this.#services.has(fullName);
  }

  /** Sets what Check answers and Watch sends, for the server and all its services. */
  setServing(serving: boolean): void {
    this.#serving = serving;
    for (const name of this.#services) this.#implementation.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }
}
