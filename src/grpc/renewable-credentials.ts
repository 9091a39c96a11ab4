import type { SecureContextOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';

export interface Tls {
  readonly certificate: string;
  readonly key: string;
  /** The authorities one of which must have signed a client's certificate, PEM; without them clients need none. */
  readonly clientAuthorities?: string | undefined;
}

/** A server's certificate, and whose clients it serves, which can be replaced while it serves: connections that are made afterwards get the new one. */
export class RenewableCredentials extends ServerCredentials {
  /** @param handshakeMs how long a client may take for the handshake; then its connection is closed */
  constructor(tls: Tls, handshakeMs: number) {
    const certified = tls.clientAuthorities === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
    super({ ...certified, handshakeTimeout: handshakeMs }, contextOf(tls));
  }

  renew(tls: Tls): void {
    this.updateSecureContextOptions(contextOf(tls));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function contextOf({ certificate, key, clientAuthorities: ca }: Tls): SecureContextOptions {
  return { cert: certificate, key, ...(ca !== undefined && { ca }) };
}
