/**
 * The image's health check: asks the process in this container through the door that it serves, REST first. Exits with
 * 0 when it is healthy. A process that only works has no door; whether it runs is all that can be seen from here.
 */
import http from 'node:http';
import https from 'node:https';

const LIMIT_MS = 2_500;
const roles = (process.env.ROLES || 'grpc,rest,worker').split(',').map((role) => role.trim());

function localAddress(address, fallback) {
  return { host: '127.0.0.1', port: Number((address || fallback).split(':').at(-1)) };
}

function askHttp(client) {
  const { host, port } = localAddress(process.env.HTTP_ADDR, '127.0.0.1:8080');
  // The certificate is for the outside name, and this is a question to oneself.
  const options = { host, port, path: '/healthz', timeout: LIMIT_MS, rejectUnauthorized: false };
  return new Promise((resolve) => {
    const request = client.get(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

/** `grpc.health.v1.Health/Check` for the whole server: an empty request, and a reply whose field 1 is 1, SERVING. */
async function askGrpc(secure) {
  const { Client, credentials } = await import('@grpc/grpc-js');
  const { host, port } = localAddress(process.env.GRPC_ADDR, '127.0.0.1:50051');
  const channel = secure
    ? credentials.createSsl(null, null, null, { rejectUnauthorized: false })
    : credentials.createInsecure();
  const client = new Client(`${host}:${port}`, channel, { 'grpc.ssl_target_name_override': 'localhost' });
  const asIs = (bytes) => bytes;
  const reply = await new Promise((resolve) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      asIs,
      asIs,
      Buffer.alloc(0),
      { deadline: Date.now() + LIMIT_MS / 2 },
      (_error, bytes) => resolve(bytes),
    );
  });
  client.close();
  return reply?.equals(Buffer.from([0x08, 0x01])) ?? false;
}

async function isHealthy() {
  if (roles.includes('rest')) {
    return (await askHttp(http)) || (await askHttp(https));
  }
  if (roles.includes('grpc')) {
    return (await askGrpc(false)) || (await askGrpc(true));
  }
  return true;
}

process.exit((await isHealthy()) ? 0 : 1);
