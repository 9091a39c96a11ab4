import { join } from 'node:path';
import type { Plugin } from 'vite';

/**
 * Finds out what the first page is made of, so that it comes in few files: `has` tells of a module whether one of the entries given, by
 * their paths below `console/src`, imports it, by others or at once.
 */
export function firstPage(...entries: readonly string[]): { readonly plugin: Plugin; has(id: string): boolean } {
  const found = new Set<string>();
  const plugin: Plugin = {
    name: 'first-page',
    apply: 'build',
    buildEnd() {
      const waiting = entries.map((entry) => join(import.meta.dirname, '../src', entry));
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
        if (found.has(id)) continue;
        const module = this.getModuleInfo(id);
        if (module === null) throw new Error(`${id} is no module of the console`);
        found.add(id);
        waiting.push(...module.importedIds);
      }
    },
  };
  return { plugin, has: (id) => found.has(id) };
}
