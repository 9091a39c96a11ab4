const WIDTH = 118;

/** What a command printed, as a page shows it: tokens and ids cut short, long lines broken after a comma. */
export function shown(output: string): string {
  const short = output
    .replaceAll(/\bv1\.([\w-]{4})[\w-]+/g, 'v1.$1…')
    .replaceAll(/\b(rul|flg|seg|bkf|tok)_([0-9a-f]{4})[0-9a-f]+/g, '$1_$2…')
    .replaceAll(/\blatchkey_([\w-]{4})[\w-]{20,}/g, 'latchkey_$1…')
    .replaceAll(/\b([0-9a-f]{4})[0-9a-f]{4}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '$1…')
    .replaceAll(/("salt":"[0-9a-f]{4})[0-9a-f]+/g, '$1…');
  const lines = short.split('\n').map(wrapped).join('\n');
  return lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`;
}

/** What must be the same each time: without what names this one run, and without line breaks of the page's own. */
export function lasting(page: string): string {
  return page
    .replaceAll(/\n +/g, '')
    .replaceAll(/\bv1\.[\w-]+…/g, 'TOKEN')
    .replaceAll(/\b(rul|flg|seg|bkf|tok)_[0-9a-f]+…/g, '$1_ID')
    .replaceAll(/\blatchkey_[\w-]{4}…/g, 'SECRET')
    .replaceAll(/\b[0-9a-f]{4}…/g, 'RANDOM')
    .replaceAll(/"next_page_token":"[\w-]+"/g, '"next_page_token":"PAGE"')
    .replaceAll(/"createdAt":\d{13}/g, '"createdAt":EPOCH_MS')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'INSTANT')
    .replaceAll(/^data: .*$/gm, sameReason);
}

/** The stream looks at the instant itself, the worker a moment later or sooner: the rule holds, or has latched. */
function sameReason(frame: string): string {
  return frame.includes('"type":"time"') ? frame.replaceAll('"reason":"RULE"', '"reason":"UNLOCKED"') : frame;
}

function wrapped(line: string): string {
  if (line.length <= WIDTH) return line;
  const cut = line.lastIndexOf(',', WIDTH - 1) + 1;
  if (cut <= 1) return line;
  return `${line.slice(0, cut)}\n${wrapped(` ${line.slice(cut)}`)}`;
}
