/** Letters that are no others with marks on them. */
const SPELT: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
};
const MAX_LENGTH = 128;

/** The key that a name suggests: `Reports & exports (new)` is `reports_exports_new`. '' where nothing of it can be one. */
export function keyOfName(name: string): string {
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const spelt = plain.replace(/\P{ASCII}/gu, (letter) => SPELT[letter] ?? ' ');
  const key = spelt.replace(/['’]/g, '').replace(/[^a-z0-9.-]+/g, '_');
  const begun = key.replace(/^(?:flg_|[_.-])+/, '');
  return begun.slice(0, MAX_LENGTH).replace(/[_.-]+$/, '');
}

/** What is wrong with a flag's key. */
export type KeyFault = 'empty' | 'tooLong' | 'character' | 'beginning' | 'likeAnId';

/** What is wrong with a flag's key, and where that is a character, which; undefined for one that can be. */
export function faultOfKey(key: string): { readonly fault: KeyFault; readonly character?: string } | undefined {
  if (key === '') return { fault: 'empty' };
  const character = /[^A-Za-z0-9._-]/u.exec(key)?.[0];
  if (character !== undefined) return { fault: 'character', character };
  if (!/^[A-Za-z0-9]/.test(key)) return { fault: 'beginning' };
  if (key.length > MAX_LENGTH) return { fault: 'tooLong' };
  return key.startsWith('flg_') ? { fault: 'likeAnId' } : undefined;
}
