import type { Page } from 'playwright-core';
import { tooWide } from './texts.js';

/**
 * What does not fit into the window as it is: what is wider than the page, buttons of a dialog that no scrolling brings into sight, and
 * words of a table that are broken though an even share of its width would hold them.
 */
export async function misfits(page: Page): Promise<string[]> {
  const found = await page.evaluate(() => {
    const wrong: string[] = [];
    const box = document.querySelector('.dialog, .popover');
    if (box !== null) {
      const outside = (element: Element) => {
        const { top, bottom, left, right } = element.getBoundingClientRect();
        return top < -1 || left < -1 || bottom > innerHeight + 1 || right > innerWidth + 1;
      };
      if (outside(box)) wrong.push(`${box.className} outside of the window`);
      if (box.scrollWidth > box.clientWidth) wrong.push(`${box.className} ${box.scrollWidth} px of ${box.clientWidth}`);
      for (const button of box.querySelectorAll('.dialog-actions > button, .popover button'))
        if (outside(button)) wrong.push(`button ${button.textContent} outside of the window`);
    }
    for (const table of document.querySelectorAll('table'))
      for (const row of table.rows)
        for (const cell of row.cells) {
          const apart = getComputedStyle(cell).display === 'table-cell';
          const share = apart ? table.clientWidth / row.cells.length - 28 : row.clientWidth / 2;
          const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
            for (const { 0: word, index } of (node.textContent ?? '').matchAll(/[^\s-]+/g)) {
              const range = document.createRange();
              range.setStart(node, index);
              range.setEnd(node, index + word.length);
              const pieces = [...range.getClientRects()];
              const lines = new Set(pieces.map(({ top }) => Math.round(top))).size;
              const width = pieces.reduce((sum, piece) => sum + piece.width, 0);
              if (lines > 1 && width <= Math.min(share, 130)) wrong.push(`${word} broken`);
            }
        }
    return wrong;
  });
  return [...found, ...(await tooWide(page))];
}
