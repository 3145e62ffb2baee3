import { render } from 'preact';
import type { ReportData } from '../report-data.ts';
import { App } from './app.tsx';

const data = document.getElementById('data')?.textContent ?? '';
const app = document.getElementById('app');
if (app !== null) {
  app.replaceChildren();
  render(<App data={JSON.parse(data) as ReportData} />, app);
}
