import { Defect } from '@dtq/core/errors.ts';
import type { Logger } from '@dtq/core/log.ts';
import type { DeadLetterQuery, DeadLetters } from '@dtq/core/ports.ts';
import { inOneLine, violations } from '@dtq/core/violations.ts';
import type { DeadLetter, DeadLetterSummary } from '@dtq/generated/schemas/types.ts';
import { DEAD_LETTERS, DEAD_LETTERS_FIELD as FIELD } from '@dtq/generated/storage/dead-letters.ts';
import * as tolerant from '@dtq/generated/validators/tolerant.ts';
import { type Collection, type Document, type Filter, MongoServerError } from 'mongodb';
import type { MongodbConnection } from './mongo-connection.ts';
import { isDuplicate } from './mongo-errors.ts';
import { behind, readPage, within } from './mongo-page.ts';

/** No answer takes longer, in milliseconds. */
const INSERT_MS = 5000;
const READ_MS = 4000;

interface Letter extends Document {
  readonly _id: string;
}

/**
 * The dead letters as documents, whose ids are where their messages stood: what is buried twice stands here once. The topics
 * of dead letters have them too; a message that the server refuses as a document stands there alone.
 */
export class MongodbDeadLetters implements DeadLetters {
  readonly #connection: MongodbConnection;
  readonly #collection: Collection<Letter>;
  readonly #log: Logger;

  constructor(connection: MongodbConnection, log: Logger) {
    this.#connection = connection;
    this.#collection = connection.collection<Letter>(DEAD_LETTERS.collection);
    this.#log = log;
  }

  /** Resolves once it stands here, or never can; rejects with Unavailable. */
  async keep(letter: DeadLetter): Promise<void> {
    await this.#connection.ask(INSERT_MS, 'keeping a dead letter', async () => {
      const { headers, ...rest } = letter;
      try {
        await this.#collection.insertOne({ _id: letter.dead_letter_id, ...rest, headers: renamed(headers, toStored) });
      } catch (error) {
        if (isDuplicate(error)) return;
        // No other try mends what the server finds wrong with the document itself, and the partition must go on.
        if (!(error instanceof MongoServerError) || error.hasErrorLabel('RetryableWriteError')) throw error;
        if (!REFUSALS.has(Number(error.code))) throw error;
        const words = 'a dead letter is refused as a document; it stands in its topic alone';
        this.#log.error({ err: error, dead_letter_id: letter.dead_letter_id }, words);
      }
    });
  }

  list({ jobType, since, until, after, limit }: DeadLetterQuery): Promise<readonly DeadLetterSummary[]> {
    const { buried_at, dead_letter_id, headers, value_base64 } = FIELD;
    const filter: Filter<Letter> = {
      ...(jobType === undefined ? {} : { [FIELD.job_type]: jobType }),
      ...(since === undefined && until === undefined ? {} : { [buried_at]: within(since, until) }),
      ...(after && behind([buried_at, after.buried_at], [dead_letter_id, after.dead_letter_id])),
    };
    const newestFirst = { filter, sort: { [buried_at]: -1, [dead_letter_id]: -1 } as const };
    return this.#connection.ask(READ_MS, 'listing dead letters', () =>
      readPage(this.#collection, newestFirst, { limit, without: [headers, value_base64] }, (letter) =>
        this.#summary(letter),
      ),
    );
  }

  get(deadLetterId: string): Promise<DeadLetter | null> {
    return this.#connection.ask(READ_MS, 'reading a dead letter', async () => {
      const document = await this.#collection.findOne({ _id: deadLetterId });
      if (document === null) return null;
      const { _id: _, ...rest } = document;
      const headers: unknown = rest[FIELD.headers];
      const isObject = typeof headers === 'object' && headers !== null;
      const letter: unknown = isObject
        ? { ...rest, headers: renamed(headers as Record<string, string>, toRead) }
        : rest;
      if (tolerant.DeadLetter(letter)) return letter;
      const reason = inOneLine(violations(tolerant.DeadLetter.errors, letter));
      throw new Defect(`the stored dead letter ${deadLetterId} cannot be read: ${reason}`);
    });
  }

  #summary(document: Document): DeadLetterSummary[] {
    const summary: unknown = document;
    if (tolerant.DeadLetterSummary(summary)) return [summary];
    const id = String(document[FIELD.dead_letter_id]);
    this.#log.warn({ id }, 'a dead letter cannot be read, and is left out');
    return [];
  }
}

/** Of MongoDB and its family: BadValue, BSONObjectTooLarge, DollarPrefixedFieldName, InvalidBSON, DocumentValidationFailure. */
const REFUSALS: ReadonlySet<number> = new Set([2, 22, 52, 57, 121, 10_334]);

// Not every server of the family takes a field whose name has a dot or begins with a dollar; headers may. They are stored
// with the full-width forms of both.
const toStored = (name: string): string => name.replaceAll('.', '．').replace(/^\$/, '＄');
const toRead = (name: string): string => name.replaceAll('．', '.').replace(/^＄/, '$');

function renamed(headers: Readonly<Record<string, string>>, rename: (name: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [rename(name), value]));
}
