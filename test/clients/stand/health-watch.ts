import { type Client, credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';

interface Status {
  readonly status: string;
}

interface HealthClient extends Client {
  check(request: object, answer: (error: ServiceError | null, status?: Status) => void): void;
  watch(request: object): {
    on(event: 'data', listener: (status: Status) => void): void;
    on(event: 'error', listener: (error: ServiceError) => void): void;
    cancel(): void;
  };
}

/** What `grpc-health-check`'s own protocol file asks a gRPC listener, as probes and load balancers do. */
export class HealthWatch {
  readonly #client: HealthClient;

  constructor(address: string) {
    const loaded = loadPackageDefinition(loadSync(protoPath, { enums: String })) as unknown as {
      readonly grpc: { readonly health: { readonly v1: { Health: new (...options: unknown[]) => HealthClient } } };
    };
    this.#client = new loaded.grpc.health.v1.Health(address, credentials.createInsecure());
  }

  /** The status of a service, or the code of the error. */
  check(service: string): Promise<string | number> {
    return new Promise((resolve) => {
      this.#client.check({ service }, (error, status) => resolve(error?.code ?? status!.status));
    });
  }

  /** What is told of a service, until the stream ends. */
  watch(service: string): { readonly told: readonly string[]; readonly end: () => void } {
    const told: string[] = [];
    const stream = this.#client.watch({ service });
    stream.on('data', ({ status }) => told.push(status));
    stream.on('error', () => undefined);
    return { told, end: () => stream.cancel() };
  }

  close(): void {
    this.#client.close();
  }
}
