import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { adminTokenFile, type Config } from '../config/config.js';
import { ConfigError } from '../config/environment.js';
import { newSecret } from '../services/tokens/tokens.js';

const OWNER_ONLY = 0o600;
const FOLDER_OF_OWNER = 0o700;

export interface AdminToken {
  readonly secret: string;
  /** The file that an embedded start keeps the token in; undefined when the token was given. */
  readonly file: string | undefined;
}

/** The bootstrap admin token: the one that is given or, for an embedded start, one of its own that the first start makes. */
export async function adminToken(config: Config): Promise<AdminToken> {
  if (config.adminToken !== undefined) return { secret: config.adminToken, file: undefined };
  if (config.database.kind === 'mysql') {
    throw new ConfigError(
      'LATCHKEY_ADMIN_TOKEN (or LATCHKEY_ADMIN_TOKEN_FILE) is required with MySQL; make one with: openssl rand -hex 32',
    );
  }
  const file = adminTokenFile(config);
  await mkdir(dirname(file), { recursive: true, mode: FOLDER_OF_OWNER });
  const secret = newSecret();
  try {
    await writeFile(file, `${secret}\n`, { mode: OWNER_ONLY, flag: 'wx' });
    return { secret, file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const kept = (await readFile(file, 'utf8')).trim();
    if (kept === '') throw new ConfigError(`${file} is empty; remove it, and the next start makes another token`);
    return { secret: kept, file };
  }
}
