/**
 * How long after the answer to `SetFlag` another server answers by the change: ten changes a second among 10,000 flags, on
 * MariaDB and Redis. Beside it what Redis takes from a publish to its message.
 *
 *     npm run build && npm run bench:visible
 *
 * `FLAGS`, `ROUND_SECONDS` and `ROUNDS` change its size.
 */
import { Redis } from 'ioredis';
import { EvaluateRequest, type EvaluateResponse } from '../../test/gen/latchkey/v1/evaluation.js';
import { SetFlagRequest, type SetFlagResponse } from '../../test/gen/latchkey/v1/flag.js';
import { quantile } from '../stand/figures.js';
import { connect } from '../stand/latchkey-client.js';
import { flagKey, loadManyFlags } from '../stand/many-flags.js';
import { type Place, withPlace } from '../stand/places.js';
import { serve, TOKEN } from '../stand/processes.js';
import { Report } from '../stand/report.js';
import { roundsOr } from '../stand/rounds.js';

const FLAGS = Number(process.env.FLAGS ?? 10_000);
const SECONDS = Number(process.env.ROUND_SECONDS ?? 30);
const ROUNDS = roundsOr(5);
const PER_SECOND = 10;
const EVERY_MS = 1_000 / PER_SECOND;
/** How often the other server is asked: often enough, and not so often that the asking is what is measured. */
const LOOK_EVERY_MS = 1;
const CHANNEL = 'bench-publish-alone';

type Client = ReturnType<typeof connect>;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function node({ directory, environment }: Place, cpu: number) {
  const files = { DATA_DIR: `${directory}/node-${cpu}`, LOG_LEVEL: 'error' };
  const server = await serve(cpu, 'grpc', { ...files, ...environment });
  return { server, ...connect(server.grpcAddress, TOKEN) };
}

let changes = 0;
/** Changes some flag; gives what its answer took, and how much later the other server answered by it. */
async function change(
  writer: Client,
  reader: Client,
): Promise<{ readonly answered: number; readonly visible: number }> {
  const key = flagKey((++changes * 7919) % FLAGS);
  const startedAt = performance.now();
  const request = SetFlagRequest.fromPartial({ flag: { key, description: `change ${changes}` } });
  const { flag } = await writer.call<SetFlagRequest, SetFlagResponse>(writer.client.setFlag, request);
  const answeredAt = performance.now();
  const asked = EvaluateRequest.fromPartial({ flagKey: key });
  for (;;) {
    const { flagVersion } = await reader.call<EvaluateRequest, EvaluateResponse>(reader.client.evaluate, asked);
    if (flagVersion >= flag!.version) break;
    await sleep(LOOK_EVERY_MS);
  }
  return { answered: answeredAt - startedAt, visible: performance.now() - answeredAt };
}

class PublishAlone {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  #arrived: () => void = () => undefined;

  constructor(url: string) {
    this.#publisher = new Redis(url);
    this.#subscriber = new Redis(url);
    this.#subscriber.on('message', () => this.#arrived());
  }

  async open(): Promise<void> {
    await this.#subscriber.subscribe(CHANNEL);
  }

  async once(): Promise<number> {
    const arrived = new Promise<void>((resolve) => {
      this.#arrived = resolve;
    });
    const startedAt = performance.now();
    await this.#publisher.publish(CHANNEL, 'changed');
    await arrived;
    return performance.now() - startedAt;
  }

  close(): void {
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }
}

/** Each change begins when it is due, whether or not the one before is over; between two of them something is published. */
async function round(writer: Client, reader: Client, redis: PublishAlone, seconds: number) {
  const [taken, published]: [ReturnType<typeof change>[], Promise<number>[]] = [[], []];
  const began = performance.now();
  for (let n = 0; n < seconds * PER_SECOND; n++) {
    await sleep(Math.max(0, began + n * EVERY_MS - performance.now()));
    taken.push(change(writer, reader));
    await sleep(EVERY_MS / 2);
    published.push(redis.once());
    await published.at(-1);
  }
  return { changed: await Promise.all(taken), published: await Promise.all(published) };
}

async function measure(place: Place): Promise<void> {
  const [writer, reader] = [await node(place, 0), await node(place, 1)];
  const redis = new PublishAlone(place.environment.REDIS_URL!);
  await redis.open();
  const report = new Report('visible', { flags: FLAGS, perSecond: PER_SECOND, seconds: SECONDS, rounds: ROUNDS });
  await round(writer, reader, redis, 3);
  const rounds: Awaited<ReturnType<typeof round>>[] = [];
  for (let n = 0; n < ROUNDS; n++) rounds.push(await round(writer, reader, redis, SECONDS));
  const row = (what: string, q: number, of: (one: (typeof rounds)[number]) => readonly number[], atMost?: number) =>
    report.row({
      ...{
        what,
        unit: `ms, ${q === 0.5 ? 'median' : 'p99'}`,
        digits: 1,
        values: rounds.map((one) => quantile(of(one), q)),
      },
      ...(atMost === undefined ? {} : { mark: { atMost } }),
    });
  for (const q of [0.5, 0.99]) {
    row('SetFlag answered', q, ({ changed }) => changed.map(({ answered }) => answered));
    row(
      'then visible on the other server',
      q,
      ({ changed }) => changed.map(({ visible }) => visible),
      q === 0.99 ? 50 : undefined,
    );
    row('Redis: publish → message', q, ({ published }) => published);
  }
  report.end();
  redis.close();
  for (const { client, server } of [writer, reader]) {
    client.close();
    await server.stop();
  }
}

await withPlace('mariadb', (store) => loadManyFlags(store, FLAGS), measure);
process.exit(0);
