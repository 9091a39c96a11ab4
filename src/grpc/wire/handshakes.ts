import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';

export interface Tls {
  readonly certificate: string;
  readonly key: string;
  /** The authorities one of which must have signed a client's certificate, PEM; without them clients need none. */
  readonly clientAuthorities?: string | undefined;
}

export interface HandshakesOptions {
  /** How long a client may take for the handshake; then its connection is closed. */
  readonly handshakeMs: number;
  /** Told of each connection that was closed because its client took too long. Must not throw. */
  readonly onSlow: () => void;
}

/**
 * Makes the handshake of TLS with clients, by a certificate and authorities that can be replaced: connections that are made afterwards get
 * the new ones. It is not left to grpc-js, which tells nobody of the handshakes that fail.
 */
export class Handshakes {
  readonly #server: Server;

  constructor(tls: Tls, { handshakeMs, onSlow }: HandshakesOptions) {
    const certified = tls.clientAuthorities === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
    this.#server = createServer({
      ...{ ...certified, ...contextOf(tls) },
      ...{ handshakeTimeout: handshakeMs, ALPNProtocols: ['h2'] },
    });
    this.#server.on('tlsClientError', ({ code }: NodeJS.ErrnoException, socket) => {
      if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') onSlow();
      socket.destroy();
    });
  }

  /** Gives each connection whose handshake is done. Call once. */
  onDone(take: (secured: TLSSocket) => void): void {
    this.#server.on('secureConnection', (secured) => {
      // It may fail before anybody else listens for it.
      secured.on('error', () => undefined);
      take(secured);
    });
  }

  begin(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  renew(tls: Tls): void {
    this.#server.setSecureContext(contextOf(tls));
  }
}

function contextOf({ certificate, key, clientAuthorities: ca }: Tls): SecureContextOptions {
  return { cert: certificate, key, ...(ca !== undefined && { ca }) };
}
