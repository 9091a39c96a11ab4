import { StoreUnavailable } from '../../store.js';
import { insertRows } from './insert-rows.js';
import type { Engine, Sql } from './sql.js';

/** The row that the check writes. */
const WRITTEN = 'write_check';

/**
 * Finds out whether the engine takes writes. Mostly it asks for a change of a row that is not there: nothing is written,
 * and a server that is read-only refuses it all the same. Where a write has failed for the store since the last check,
 * it does write, since a full disk or log refuses nothing else.
 */
export class WriteCheck {
  readonly #write: Sql;
  #failed: boolean = false;

  constructor(write: Sql) {
    this.#write = write;
  }

  /** The engine, whose failing writes are noticed. */
  watching(engine: Engine): Engine {
    const noticing = async <T>(write: Promise<T>): Promise<T> => {
      try {
        return await write;
      } catch (error) {
        if (error instanceof StoreUnavailable) this.#failed = true;
        throw error;
      }
    };
    const { write } = engine;
    return {
      ...engine,
      write: { ...write, run: (text, values) => noticing(write.run(text, values)) },
      transaction: (work) => noticing(engine.transaction(work)),
    };
  }

  async run(): Promise<void> {
    if (!this.#failed) {
      await this.#write.run("UPDATE meta SET value = '' WHERE name = ''");
      return;
    }
    await insertRows(this.#write, {
      table: 'meta',
      columns: ['name', 'value'],
      keyLength: 1,
      rows: [[WRITTEN, new Date().toISOString()]],
      existing: { value: 'replace' },
    });
    this.#failed = false;
  }
}
