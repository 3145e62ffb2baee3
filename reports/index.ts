/** From a stored run to what a person or another program looks at afterwards. Nothing here runs anything, or reads a run. */
export { reportHtml } from './html.ts';
export { reportData } from './make-data.ts';
export { readPageParts } from './page-parts.ts';
export { runsPage } from './runs-page.ts';
