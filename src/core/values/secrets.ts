/** Members that never reach a log, an error or the audit, whatever they hold; compared without case, "-" and "_". */
export const SECRET_NAMES: ReadonlySet<string> = new Set([
  'authorization',
  'password',
  'passwd',
  'secret',
  'secrets',
  'signingsecret',
  'clientsecret',
  'token',
  'accesstoken',
  'refreshtoken',
  'apikey',
  'privatekey',
  'hash',
  'cookie',
]);

/** What stands in place of a secret. */
export const REDACTED = '[redacted]';

/** Whether a member of this name holds a secret. */
export function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
}

/**
 * What opens something by itself, wherever it was written by mistake: a token of Latchkey's, a JWT (whose header, a JSON object,
 * begins with these letters in base64), what follows `Bearer`. Each alternative is found in linear time: the text may be anybody's.
 */
const CREDENTIALS =
  /(?<=latchkey_)[\w-]{24,}|eyJ[\w-]{12,}(?:\.[\w-]*)*|(?<=bearer(?:[ +:]|%20){1,3})[^\s"'\\<>]{16,}/gi;

/** A text with what looks like a credential replaced in it. */
export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, REDACTED);
}
