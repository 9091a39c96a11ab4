import { randomBytes } from 'node:crypto';
import { newSecret } from '../services/tokens/tokens.js';

export type Settings = Readonly<Record<string, string>>;

const OWN_DATABASE = 'a test server has an embedded database of its own';
const SIGNS = 'personToken() signs with JWT_SECRET, which you may give in its place';
const WITHOUT_TLS = 'a test server is reached without TLS';
const OWN_TOKENS = 'a test server makes its tokens itself: use adminToken, token and machineToken()';

/** What cannot be had, since the server would not be what it is told to be then; and why. */
const REFUSED: Settings = {
  DATABASE_URL: OWN_DATABASE,
  DATABASE_URL_FILE: OWN_DATABASE,
  FLAGD_TOKEN: OWN_TOKENS,
  FLAGD_TOKEN_FILE: OWN_TOKENS,
  JWT_JWKS_URL: SIGNS,
  JWT_PUBLIC_KEY_FILE: SIGNS,
  JWT_SECRET_FILE: SIGNS,
  LATCHKEY_ADMIN_TOKEN: OWN_TOKENS,
  LATCHKEY_ADMIN_TOKEN_FILE: OWN_TOKENS,
  LATCHKEY_SECRET_FILE: 'a test server makes its secret itself, or takes LATCHKEY_SECRET',
  ROLES: 'a test server does all that there is',
  TLS_CERT_FILE: WITHOUT_TLS,
  TLS_CLIENT_CA_FILE: WITHOUT_TLS,
  TLS_KEY_FILE: WITHOUT_TLS,
};

/** All settings of a test server whose files are in that folder. Throws for one of which it must see to itself. */
export function settingsOf(folder: string, logLevel: string, given: Settings): Settings {
  for (const name of Object.keys(given)) {
    const why = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
    if (why !== undefined) throw new Error(`${why}: leave ${name} out of its settings`);
  }
  const adminToken = newSecret();
  return {
    DATABASE_URL: `sqlite:${folder}/latchkey.db`,
    DATA_DIR: folder,
    GRPC_ADDR: '127.0.0.1:0',
    HTTP_ADDR: '127.0.0.1:0',
    JWT_SECRET: randomBytes(32).toString('hex'),
    FLAGD_ADDR: '127.0.0.1:0',
    LATCHKEY_ADMIN_TOKEN: adminToken,
    // Most of flagd's clients can send no token; with this one they can do nothing but evaluate.
    FLAGD_TOKEN: adminToken,
    LATCHKEY_SECRET: randomBytes(32).toString('hex'),
    LANES: '1',
    TEST_OVERRIDES: 'on',
    LOG_LEVEL: logLevel,
    ...given,
  };
}
