import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { ConfigError, type Environment, readFile } from './environment.js';

/** PEM. The certificate may be followed by those that it goes back to. */
export interface TlsConfig {
  readonly certificate: string;
  readonly key: string;
  /** The files that the two were read from. */
  readonly files: TlsFiles;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** undefined where no certificate is given. What the doors could not serve with is refused here. */
export function readTlsConfig(env: Environment): TlsConfig | undefined {
  const [certFile, keyFile] = [env.text('TLS_CERT_FILE'), env.text('TLS_KEY_FILE')];
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined)
    throw new ConfigError('TLS_CERT_FILE and TLS_KEY_FILE go together');
  return readTlsFiles({ certFile, keyFile });
}

/** Reads the two files. Throws {@link ConfigError} when a door cannot use them. */
export function readTlsFiles(files: TlsFiles): TlsConfig {
  const { certFile, keyFile } = files;
  const [certificate, key] = [readFile('TLS_CERT_FILE', certFile), readFile('TLS_KEY_FILE', keyFile)];
  if (!parsedCertificate(certificate, certFile).checkPrivateKey(parsedKey(key, keyFile))) {
    throw new ConfigError(
      `TLS_KEY_FILE=${JSON.stringify(keyFile)} is not the key of the certificate in TLS_CERT_FILE=${JSON.stringify(certFile)}`,
    );
  }
  return { certificate, key, files };
}

function parsedCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new ConfigError(
      `TLS_CERT_FILE=${JSON.stringify(file)} holds no certificate in PEM format, like -----BEGIN CERTIFICATE-----`,
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
