// Every rule of the gate. A change that no rule below calls breaking, and that schemas do not call so, is fine.
//
// | what flows                        | written by         | read by                  | must hold                | how the reader reads |
// |-----------------------------------|--------------------|--------------------------|--------------------------|----------------------|
// | REST: bodies, parameters, headers | old clients        | new servers              | old within new           | strict               |
// | REST: answers, events of streams  | new servers        | old clients              | new within old           | client               |
// | topics, queues and their replies  | old and new        | new and old              | both ways                | tolerant             |
// | Redis hashes and texts, documents | old and new        | new and old, and what is stored already | both ways | tolerant             |
//
// strict: as the schema stands. tolerant: fields that are not known are dropped; types, limits, members of an enum, required
// fields and formats hold. client: a client made from the old contracts: as tolerant, in every branch of a union.
// A writer writes no field that its contract does not name; where an object names none, it may write anything.
//
// What counts as tolerated, and why:
// - a new optional field, header, parameter, operation, topic, key or collection: nobody who does not know it meets it;
// - a new job type, with its branch in every union by job_type and its member in JobType: a program meets the documents of
//   types that it, or somebody with newer contracts, submitted;
// - a new member of anything else is breaking for whoever looks at each member, unless the schema is open: a plain string,
//   or anyOf of the enum and a plain string, of which the enum is only what is known;
// - a new failure status (4xx, 5xx): a client treats one that it does not know as the x00 of its class (RFC 9110, 15);
// - a problem's code can only come with the status that errors.yaml gives it;
// - a step from a state to itself, text of every kind, examples, hints for the page, the order of things, names of schemas.

export type Severity = 'breaking' | 'undecided' | 'notice';
export type Area = 'rest' | 'topics' | 'amqp' | 'redis' | 'mongodb' | 'lifecycle' | 'errors';

interface Rule {
  readonly severity: Severity;
  readonly change: string;
  readonly affects: string;
  readonly instead: string;
}

const breaking = (change: string, affects: string, instead: string): Rule => ({
  severity: 'breaking',
  change,
  affects,
  instead,
});
const notice = (change: string, affects: string, instead: string): Rule => ({
  severity: 'notice',
  change,
  affects,
  instead,
});

const NEW_OPERATION =
  'keep it, and put the new form under a path or name of its own; mark the old one deprecated, and remove it a release later';
const BOTH = 'keep it, write and read the new one beside it, and move readers first, then writers';
const NEW_TOPIC = 'leave it, and add a new version beside it ({next}); serve both until nobody uses the old one';

export const RULES = {
  // REST
  'operation-removed': breaking('an operation, its path or its method is gone', 'old clients', NEW_OPERATION),
  'operation-retired': notice(
    'an operation is gone that the released contracts call deprecated',
    'old clients that did not heed it',
    'nothing, where its time has come',
  ),
  'operation-renamed': breaking(
    'an operation has another operationId',
    'programs on the generated client, at their next upgrade',
    'keep the operationId; it is the name of a method',
  ),
  'security-added': breaking(
    'an operation demands credentials',
    'old clients',
    'take requests without them until every client sends them',
  ),
  'parameter-removed': breaking(
    'a parameter or request header is gone',
    'old clients that send it',
    'keep taking it, even where it has no effect any more',
  ),
  'parameter-required': breaking(
    'a parameter or request header is required now',
    'old clients, which do not send it',
    'leave it optional, and give its absence a meaning',
  ),
  'body-required': breaking(
    'a request needs a body now',
    'old clients that send none',
    'leave it optional, and give its absence a meaning',
  ),
  'request-media-type-removed': breaking(
    'a media type of a request is not taken any more',
    'old clients that send it',
    'keep taking it',
  ),
  'success-status-added': breaking(
    'an operation may succeed with another status',
    'old clients, which know none of its answer',
    'keep the status; new outcomes go into a new optional field, or under a new operation',
  ),
  'failure-status-added': notice(
    'an operation may fail with another status',
    'old clients see a failure of its class',
    'nothing, where only new requests can meet it',
  ),
  'media-type-added': breaking(
    'an answer may have another media type',
    'old clients, which cannot read it',
    'send it only to whoever asks for it, under an operation of its own',
  ),
  'media-type-removed': breaking(
    'an answer does not have a media type any more',
    'old clients, which read only that',
    'keep it',
  ),
  'answer-body-added': breaking(
    'an answer that had no body has one, or the reverse',
    'old clients',
    'use another status, under a new operation',
  ),
  'answer-header-removed': breaking(
    'an answer lacks a header that it always had',
    'old clients that need it',
    'keep sending it',
  ),
  request: breaking(
    'a new server refuses what an old client may send',
    'old clients',
    'keep taking what was taken: add fields as optional, widen limits and never narrow them; another form goes under a new operation or job type',
  ),
  answer: breaking(
    'a new server may send what an old client cannot understand',
    'old clients',
    'add it as a new optional field; declare an enum open (anyOf with a plain string) a release before it grows',
  ),
  // Topics and queues
  'topic-removed': breaking(
    'a topic or queue is gone, or has another name',
    'old writers, which nobody hears, and old readers, which hear nobody',
    NEW_TOPIC,
  ),
  'partitions-fewer': breaking(
    'a topic has fewer partitions',
    'everybody: Kafka cannot take partitions away, and deploying fails',
    NEW_TOPIC,
  ),
  'partitions-more': notice(
    'a topic has more partitions',
    'keys are spread anew: two messages of one key may pass each other while it happens',
    'nothing, for everything is done once by its job_id',
  ),
  'retention-shorter': breaking(
    'messages are kept for a shorter time',
    'readers that were away for as long as was promised',
    'keep them as long as promised',
  ),
  'cleanup-changed': breaking('messages are removed by another rule', 'readers, which miss what is removed', NEW_TOPIC),
  'topic-setting-changed': notice(
    'a setting of a topic is another',
    'whoever relied on it',
    'see whether a reader or a writer does',
  ),
  'queue-declaration-changed': breaking(
    'a queue is declared with other flags or arguments',
    'old and new programs: RabbitMQ refuses whoever declares it otherwise than it stands (406)',
    NEW_TOPIC,
  ),
  'role-removed': breaking(
    'nobody sends to, or nobody receives from, a topic or queue any more',
    'the programs at its other end',
    'keep it until the other end has gone',
  ),
  'reply-changed': breaking(
    'replies go elsewhere',
    'old requesters, which wait where none comes',
    'reply where the request says, as before',
  ),
  'content-type-changed': breaking('a message has another media type', 'old readers', NEW_TOPIC),
  'correlation-changed': breaking(
    'the correlation id stands elsewhere',
    'both ends: no reply finds its question',
    BOTH,
  ),
  'payload-kind-changed': breaking('a message has a body of another kind', 'old readers', NEW_TOPIC),
  'old-message': breaking(
    'a new reader refuses what old writers write',
    'old writers while both run, and messages that wait already',
    'keep reading it: add fields as optional, and narrow only when no writer has written the old form for as long as messages are kept; else a new version: {next}',
  ),
  'new-message': breaking(
    'a new writer may write what an old reader refuses',
    'old workers and other readers while both run',
    'in two steps: first readers that take both forms, everywhere, then writers (declare it in tools/contracts/released/accepted.json); or a new version beside the old one: {next}',
  ),
  // Redis
  'key-removed': breaking('what stood in Redis is gone', 'old readers', BOTH),
  'key-renamed': breaking(
    'a key or channel of Redis has another name',
    'old and new programs, which do not see what the others write',
    BOTH,
  ),
  'kind-changed': breaking(
    'what stands under a key is of another kind',
    'old and new programs: the server refuses the wrong kind of command',
    'use a new key',
  ),
  'ttl-shorter': breaking(
    'what stands in Redis goes sooner',
    'whoever asks within the time that was promised',
    'keep it as long as promised',
  ),
  'encoding-changed': breaking(
    'a field of a hash is written in another form',
    'old and new readers, which misread each other',
    'write the new form into a new field',
  ),
  // Both kinds of store
  'old-stored': breaking(
    'a new reader refuses what stands in the store',
    'what is stored already, and old writers while both run',
    'keep reading it: add fields as optional, never narrow; or mend what is stored first',
  ),
  'new-stored': breaking(
    'a new writer may store what an old reader refuses',
    'old readers while both run',
    'in two steps: first readers that take both forms, everywhere, then writers (declare it in tools/contracts/released/accepted.json)',
  ),
  // MongoDB
  'collection-removed': breaking(
    'a collection is gone, or has another name',
    'old readers and writers, and what is stored already',
    'keep it, copy into the new one beside it, and move readers first, then writers',
  ),
  'id-changed': breaking(
    'another field is the _id of a document',
    'old and new writers, which store one thing twice',
    'use a new collection',
  ),
  'unique-added': breaking(
    'an index is unique now',
    'what is stored already, and old writers, whose inserts fail',
    'clear what is double first, and show that no writer makes it again; then accept it by name',
  ),
  'unique-removed': breaking(
    'a unique index is gone',
    'old and new writers: whoever comes second no longer finds out',
    'keep it: the insert is the arbiter',
  ),
  'index-clash': breaking(
    'an index with that name, or with those keys, stands there otherwise',
    'whoever starts second: the server refuses to make it (85, 86)',
    'give an index with new keys a new name, and leave the old one',
  ),
  'index-removed': notice(
    'an index is gone',
    'queries that need it get slow',
    'see whether an old program still asks for it',
  ),
  // The life of a job
  'job-type-removed': breaking(
    'a job type is gone',
    'old clients that submit it, and its jobs that wait already',
    'keep it; take no new ones first, and remove it when its jobs have been done and their documents may go',
  ),
  'state-removed': breaking('a state is gone', 'old programs that wait for it', 'keep it'),
  'state-added': breaking(
    'there is a new state',
    'old programs, which do not know whether it is final',
    'tell it in a new optional field beside a state that is known',
  ),
  'state-finality': breaking(
    'a state is final that was not, or the reverse',
    'old programs, which stop too early or wait for ever',
    'use a new state, with all that a new state takes',
  ),
  'transition-added': breaking(
    'a job may take a step that it could not take',
    'old guards, which refuse it, and whoever holds it for impossible',
    'go by way of the steps there are',
  ),
  'transition-removed': breaking(
    'a job may not take a step that it could take',
    'old workers, whose step the new guards refuse',
    'keep allowing it until no old worker runs',
  ),
  'milestone-removed': breaking('a milestone is gone', 'programs that wait for it', 'keep passing it'),
  'milestone-changed': breaking(
    'a milestone has another state or percentage',
    'old and new workers, which disagree on what is further on',
    'keep it, and add a new one beside it',
  ),
  'milestone-added': notice('there is a new milestone', 'nobody: the order is that of the percentages', 'nothing'),
  // Codes
  'problem-status-changed': breaking(
    'a problem has another HTTP status',
    'old clients that look at the status',
    'use a new code for the new status',
  ),
  'problem-removed': notice('a problem is not told any more', 'old clients that wait for it', 'see whether one does'),
  'job-error-removed': notice(
    'a job does not end in a code any more',
    'old clients that look for it, and documents that have it already',
    'see whether one does',
  ),
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;
