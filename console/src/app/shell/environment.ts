/** The hue by which a deployment is told apart: red for what customers see, amber before that, green for what is tried. */
export function environmentHue(name: string): number {
  if (/prod|live/i.test(name)) return 25;
  if (/stag|pre|uat|qa/i.test(name)) return 75;
  if (/dev|local|test|sandbox/i.test(name)) return 165;
  let sum = 0;
  for (const character of name) sum = (sum * 31 + character.codePointAt(0)!) % 360;
  return sum;
}
