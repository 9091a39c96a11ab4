import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { ConfigError, type Environment, readFile } from './environment.js';

/** PEM. The certificate may be followed by those that it goes back to. */
export interface TlsConfig {
  readonly certificate: string;
  readonly key: string;
  /** The authorities of the certificates that clients of gRPC must have; undefined where they need none. */
  readonly clientAuthorities?: string;
  /** The files that these were read from. */
  readonly files: TlsFiles;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile?: string;
}

/** undefined where no certificate is given. What the doors could not serve with is refused here. */
export function readTlsConfig(env: Environment): TlsConfig | undefined {
  const [certFile, keyFile] = [env.text('TLS_CERT_FILE'), env.text('TLS_KEY_FILE')];
  const clientCaFile = env.text('TLS_CLIENT_CA_FILE');
  if (certFile === undefined && keyFile === undefined) {
    if (clientCaFile === undefined) return undefined;
    throw new ConfigError('TLS_CLIENT_CA_FILE asks clients for certificates: give TLS_CERT_FILE and TLS_KEY_FILE, too');
  }
  if (certFile === undefined || keyFile === undefined)
    throw new ConfigError('TLS_CERT_FILE and TLS_KEY_FILE go together');
  return readTlsFiles({ certFile, keyFile, ...(clientCaFile !== undefined && { clientCaFile }) });
}

/** Reads the files. Throws {@link ConfigError} when a door cannot use them. */
export function readTlsFiles(files: TlsFiles): TlsConfig {
  const { certFile, keyFile, clientCaFile } = files;
  const [certificate, key] = [readFile('TLS_CERT_FILE', certFile), readFile('TLS_KEY_FILE', keyFile)];
  if (!parsedCertificate(certificate, 'TLS_CERT_FILE', certFile).checkPrivateKey(parsedKey(key, keyFile))) {
    throw new ConfigError(
      `TLS_KEY_FILE=${JSON.stringify(keyFile)} is not the key of the certificate in TLS_CERT_FILE=${JSON.stringify(certFile)}`,
    );
  }
  if (clientCaFile === undefined) return { certificate, key, files };
  const clientAuthorities = readFile('TLS_CLIENT_CA_FILE', clientCaFile);
  // Whatever stands between certificates is a comment; a file in which none is found would let nobody in.
  const authorities = clientAuthorities.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  for (const one of authorities ?? ['']) parsedCertificate(one, 'TLS_CLIENT_CA_FILE', clientCaFile);
  return { certificate, key, clientAuthorities, files };
}

function parsedCertificate(pem: string, variable: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new ConfigError(
      `${variable}=${JSON.stringify(file)} holds no certificate in PEM format, like -----BEGIN CERTIFICATE-----`,
    );
  }
}

function parsedKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new ConfigError(
      `TLS_KEY_FILE=${JSON.stringify(file)} holds no private key in PEM format without a passphrase`,
    );
  }
}
