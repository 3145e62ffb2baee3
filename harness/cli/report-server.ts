import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { runsPage } from '../../reports/index.ts';
import { readStoredRun, runsIn } from '../stored-run.ts';
import { pageOf } from './write-report.ts';

/** Only this machine may ask. */
const LOOPBACK = '127.0.0.1';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const NOT_FOUND: Answer = { status: 404, type: 'text/plain', body: 'There is no such run.\n' };

/**
 * Serves a folder of runs on loopback: a list, and each run's page, made anew from what is stored. Nothing else of the disk can be asked
 * for: a name is looked up among the runs that there are, and never made part of a path before.
 */
export async function serveReports(results: string, port: number): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => respond(response, answerTo(results, request)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `http://${LOOPBACK}:${bound}/`, server };
}

function answerTo(results: string, { method, url = '/', headers }: IncomingMessage): Answer {
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, type: 'text/plain', body: 'Only GET and HEAD.\n' };
  // Another name that leads to this machine is somebody else's page that wants to read ours.
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(headers.host ?? ''))
    return { status: 403, type: 'text/plain', body: 'Only for this machine.\n' };
  const words = (url.split('?', 1)[0] ?? '').split('/').filter((word) => word !== '');
  if (words.length === 0) return { status: 200, type: 'text/html', body: runsPage(results, runsIn(results)) };
  const [name = '', ...rest] = words;
  if (rest.length > 0) return NOT_FOUND;
  try {
    return runPage(results, decodeURIComponent(name));
  } catch {
    return NOT_FOUND;
  }
}

function runPage(results: string, name: string): Answer {
  if (!runsIn(results).some((one) => one.name === name)) return NOT_FOUND;
  return { status: 200, type: 'text/html', body: pageOf(readStoredRun(join(results, name))) };
}

function respond(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
