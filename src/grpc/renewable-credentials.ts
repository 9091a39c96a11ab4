import { ServerCredentials } from '@grpc/grpc-js';

export interface Tls {
  readonly certificate: string;
  readonly key: string;
}

/** A server's certificate, which can be replaced while it serves: connections that are made afterwards get the new one. */
export class RenewableCredentials extends ServerCredentials {
  constructor(tls: Tls) {
    super({}, contextOf(tls));
  }

  renew(tls: Tls): void {
    this.updateSecureContextOptions(contextOf(tls));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function contextOf({ certificate, key }: Tls): { cert: string; key: string } {
  return { cert: certificate, key };
}
