/** From a stored run to what a person or another program looks at afterwards. Nothing here runs anything, or reads a run. */
export { githubAnnotations, githubSummary } from './github.ts';
export { reportHtml } from './html.ts';
export { junitXml } from './junit.ts';
export { reportData } from './make-data.ts';
export { readPageParts } from './page-parts.ts';
export { runsPage } from './runs-page.ts';
export { tapText } from './tap.ts';
