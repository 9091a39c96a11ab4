/**
 * A fastify that answers every request with the same body. `node … bench/calls/canned-list-server.ts FILE`; prints its address.
 */
import { readFileSync } from 'node:fs';
import fastify from 'fastify';

const body = readFileSync(process.argv[2]!, 'utf8');
const app = fastify();
app.get('/*', (_request, reply) => reply.type('application/json; charset=utf-8').send(body));
const address = await app.listen({ host: '127.0.0.1', port: 0 });
console.log(`canned http=${address.replace('http://', '')}`);
