/** What a report can be written as. */
export const REPORT_FORMATS = ['html', 'json', 'junit', 'tap', 'github'] as const;

export type ReportFormat = (typeof REPORT_FORMATS)[number];
