import { createHash } from 'node:crypto';
import type { RunRecord } from '../harness/run-record.ts';
import { escaped } from './html.ts';
import { readPageParts } from './page-parts.ts';

/** A list of runs, newest first; it needs no script. */
export function runsPage(
  folder: string,
  runs: readonly { readonly name: string; readonly run: RunRecord }[],
): string {
  const { style } = readPageParts();
  const hash = createHash('sha256').update(style).digest('base64');
  const rows = runs.map(({ name, run }) => rowOf(name, run)).join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>twinpath runs</title>
<style>${style}</style>
</head>
<body>
<header class="bar"><span class="brand">twinpath</span></header>
<main>
<h1>Runs</h1>
<p class="dim">${escaped(folder)}</p>
${runs.length === 0 ? '<p>There are no runs in this folder.</p>' : ''}
<table class="findings">
<thead><tr><th scope="col">Run</th><th scope="col">Verb</th><th scope="col">Outcome</th><th scope="col" class="number">Findings</th></tr></thead>
<tbody>
${rows}
</tbody>
</table>
</main>
</body>
</html>
`;
}

function rowOf(name: string, { verb, outcome, findings }: RunRecord): string {
  const words = outcome ?? 'not finished';
  return `<tr><td><a href="/${escaped(encodeURIComponent(name))}">${escaped(name)}</a></td><td>${escaped(verb)}</td><td><span class="chip ${outcome ?? ''}">${words}</span></td><td class="number">${findings.length}</td></tr>`;
}
