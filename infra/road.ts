import { dockerAnswers } from './compose/docker.ts';
import type { Road, Settings } from './settings.ts';

/**
 * The road of a stack: what the environment demands, else what the folder's last `up` chose (its data lies there), else
 * compose where a Docker engine answers within 3 s, else native.
 */
export async function chooseRoad(settings: Settings): Promise<Road> {
  if (settings.forcedRoad !== undefined) return settings.forcedRoad;
  if (settings.record !== undefined) return settings.record.road;
  return (await dockerAnswers()) ? 'compose' : 'native';
}
