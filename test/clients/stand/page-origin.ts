import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** What an application's own back end tells its page of whoever is signed in. */
export interface PageSession {
  readonly url: string;
  readonly user: string;
  readonly token: string;
}

/** An application's own web server: its pages, and `/session`. It is another origin than Latchkey's. */
export class PageOrigin {
  readonly #server: Server;
  /** Below which path which built page is served. */
  readonly #pages = new Map<string, string>();
  session: PageSession | undefined;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request.url ?? '/').then(
        ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
        () => response.writeHead(404).end(),
      );
    });
  }

  static async open(): Promise<PageOrigin> {
    const origin = new PageOrigin();
    await new Promise<void>((resolve) => origin.#server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Serves the files of a folder, and no other page any more. */
  serve(folder: string): void {
    this.#pages.clear();
    this.#pages.set('/', folder);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(url: string): Promise<{ readonly type: string; readonly body: string | Buffer }> {
    if (url === '/session') return { type: 'application/json', body: JSON.stringify(this.session) };
    if (url === '/favicon.ico') return { type: 'image/x-icon', body: '' };
    const path = new URL(url, 'http://page').pathname;
    const file = join(this.#pages.get('/') ?? '', path === '/' ? 'index.html' : path);
    return { type: TYPES[extname(file)] ?? 'application/octet-stream', body: await readFile(file) };
  }
}
