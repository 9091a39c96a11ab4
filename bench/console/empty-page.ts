import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves an empty page at `/`, and what it asks for at other paths: answers in JSON that are as long as those of the console. */
export async function serveEmpty(page: string, answers: Readonly<Record<string, string>>) {
  const server = createServer(({ url = '' }, response) => {
    const answer = Object.hasOwn(answers, url) ? answers[url] : undefined;
    if (answer === undefined) response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    else response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
