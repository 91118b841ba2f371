import type { JobList, JobSummary } from '@dtq/generated/schemas/types.ts';
import type { System } from '@dtq/testkit/system.ts';

/** The jobs of one page; `query` begins with a question mark. */
export async function listed(request: System['request'], query: string): Promise<readonly JobSummary[]> {
  return (await pageOf(request, query)).jobs;
}

/** A page. */
export async function pageOf(request: System['request'], query: string): Promise<JobList> {
  const response = await request(`/v1/jobs${query}`);
  if (response.status !== 200) throw new Error(`${query}: ${response.status} ${await response.text()}`);
  return (await response.json()) as JobList;
}

/** All pages of a list, with what is done between one and the next. */
export async function allPages(
  request: System['request'],
  query: string,
  between: () => Promise<void> = async () => undefined,
): Promise<JobSummary[][]> {
  const pages: JobSummary[][] = [];
  let cursor: string | null = null;
  do {
    const parameters: string = [query, cursor === null ? '' : `cursor=${cursor}`]
      .filter((part) => part !== '')
      .join('&');
    const page: JobList = await pageOf(request, `?${parameters}`);
    pages.push(page.jobs);
    cursor = page.next_cursor;
    await between();
  } while (cursor !== null);
  return pages;
}
