import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { adminTokenFile, type Config, secretFile } from '../../config/config.js';
import { ConfigError } from '../../config/environment.js';
import { newSecret } from '../../services/tokens/tokens.js';

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
  requireEmbedded(config, 'LATCHKEY_ADMIN_TOKEN');
  const file = adminTokenFile(config);
  return { secret: await keptIn(file, newSecret), file };
}

/**
 * The secrets that tickets are sealed with, the present one first, and then the one before it: those that are given or, for an
 * embedded start, one of its own that the first start makes.
 */
export async function ticketSecrets(config: Config): Promise<readonly string[]> {
  const { secret, previousSecret } = config;
  if (secret !== undefined) return previousSecret === undefined ? [secret] : [secret, previousSecret];
  requireEmbedded(config, 'LATCHKEY_SECRET');
  return [await keptIn(secretFile(config), () => randomBytes(32).toString('hex'))];
}

/** Several servers have what they share from their environment: what each made for itself would differ. */
function requireEmbedded({ database }: Config, name: string): void {
  if (database.kind !== 'mysql') return;
  throw new ConfigError(`${name} (or ${name}_FILE) is required with MySQL; make one with: openssl rand -hex 32`);
}

/** The secret that a file keeps. Where there is no such file, it is made: whole and for its owner alone, or not at all. */
async function keptIn(file: string, make: () => string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: FOLDER_OF_OWNER });
  const kept = (await secretOf(file)) ?? (await written(file, make()));
  if (kept === '') throw new ConfigError(`${file} is empty; remove it, and the next start makes another secret`);
  return kept;
}

/** Undefined where there is no such file. */
async function secretOf(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the secret; gives the one that is there, which is another start's where that was quicker. */
async function written(file: string, secret: string): Promise<string> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(temporary, 'wx', OWNER_ONLY);
  try {
    try {
      await handle.writeFile(`${secret}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Unlike a renaming, a link replaces nothing that is there.
    await link(temporary, file);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await secretOf(file)) ?? secret;
  } finally {
    await rm(temporary, { force: true });
  }
}
