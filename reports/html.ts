import { createHash } from 'node:crypto';
import type { ReportData } from './report-data.ts';

/** What a page is made of beside its data: built once, the same for all. */
export interface PageParts {
  readonly script: string;
  readonly style: string;
}

/**
 * The page as one file that needs no other. Names and contents of a run are hostile: they stand in a script element that is data, with
 * every `<` escaped, become text nodes only, and a policy forbids whatever is not our own script and style, by their hashes.
 */
export function reportHtml(data: ReportData, { script, style }: PageParts): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${escaped(titleOf(data))}</title>
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>This report needs JavaScript to be looked at; run.json beside it holds the same.</noscript></div>
<script type="application/json" id="data">${jsonInHtml(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

const titleOf = ({ run, name }: ReportData): string =>
  `${(run.outcome ?? 'unfinished').toUpperCase()} · twinpath ${run.verb} · ${name}`;

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** JSON that ends no script element and begins no comment, whatever is in it. */
export const jsonInHtml = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`);

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
