/** Migration 3: counters of what ended, by minute and by hour. */
export const STATS = `
  CREATE TABLE stats (
    resolution TEXT NOT NULL,
    at INTEGER NOT NULL,
    field TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (resolution, at, field)
  ) STRICT, WITHOUT ROWID;
`;
