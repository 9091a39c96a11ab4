/**
 * The image's health check: asks the process in this container for `/healthz`, where it serves it, whatever its roles are.
 * Exits with 0 when it is healthy.
 */
import http from 'node:http';
import https from 'node:https';

const LIMIT_MS = 2_500;

/**
 * As `src/config/config.ts` has it: `OPS_ADDR`, else where REST listens, whose paths begin with `HTTP_BASE_PATH`, else the address of
 * processes without REST.
 */
function healthz() {
  const { OPS_ADDR, HTTP_ADDR, ROLES, HTTP_BASE_PATH = '' } = process.env;
  const roles = (ROLES || 'grpc,rest,worker').split(',').map((role) => role.trim());
  if (OPS_ADDR) return { address: OPS_ADDR, path: '/healthz' };
  if (!roles.includes('rest')) return { address: '127.0.0.1:9464', path: '/healthz' };
  return { address: HTTP_ADDR || '127.0.0.1:8080', path: `${HTTP_BASE_PATH.replace(/\/$/, '')}/healthz` };
}

function ask(client) {
  const { address, path } = healthz();
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address);
  // Who listens everywhere listens on loopback, too.
  const asked = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  // The certificate is for the outside name, and this is a question to oneself.
  const options = { host: asked, port: Number(port), path, timeout: LIMIT_MS, rejectUnauthorized: false };
  return new Promise((resolve) => {
    const request = client.get(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

process.exit((await ask(http)) || (await ask(https)) ? 0 : 1);
