const BLANK = /[\p{Cc}\s]+/gu;

/**
 * A text as searches compare it: in Unicode's compatibility form (NFKC) and lower case, the sigma at the end of a word as any other, and
 * with single spaces. Whoever looks for a part of a text folds what they look for likewise. Folding twice is folding once.
 */
export function foldedText(text: string): string {
  const lower = text.toWellFormed().normalize('NFKC').toLowerCase().replaceAll('ς', 'σ');
  return lower.normalize('NFKC').replaceAll(BLANK, ' ');
}
