import type { SchemaSet } from './schema-set.ts';
import { escapePointer } from './source.ts';
import { SpecError } from './spec-error.ts';
import type { Specs } from './specs.ts';

interface ChannelTemplate {
  readonly 'x-dtq-for-each-job-type'?: true;
  readonly 'x-dtq-priority'?: string;
}

/** Holds the channels that stand once for each job type to one for each priority, and one for the dead letters. */
export function checkChannels({ asyncapi }: Specs, set: SchemaSet): void {
  const { channels } = asyncapi.data as { channels: Record<string, ChannelTemplate> };
  const priorities = set.get('JobPriority')?.schema['enum'] as string[];
  const taken = new Map<string, string>();
  for (const [name, channel] of Object.entries(channels)) {
    if (channel['x-dtq-for-each-job-type'] !== true) continue;
    const role = channel['x-dtq-priority'] ?? 'dead letters';
    const twin = taken.get(role);
    if (twin !== undefined)
      throw new SpecError(
        asyncapi.locate(`/channels/${escapePointer(name)}`),
        `a job type has one channel for ${role}, and ${twin} is that already`,
      );
    taken.set(role, name);
  }
  const missing = [...priorities, 'dead letters'].filter((role) => !taken.has(role));
  if (missing.length > 0)
    throw new SpecError(
      asyncapi.locate('/channels'),
      `a job type has no channel for ${missing.join(', ')}: each priority has one (x-dtq-priority), and the dead letters, without it`,
    );
}
