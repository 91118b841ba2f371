import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The city that this provider is down for, and the one that it does not know. */
export const DOWN_CITY = 'Downtown';
export const UNKNOWN_CITY = 'Atlantis';

/** Plays both services of Open-Meteo, and can keep its callers waiting. */
export interface Provider {
  /** What makes a worker ask it. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on nobody gets an answer. */
  hold(): void;
  /** Whoever waits gets the answer now, and everybody after at once. */
  release(): void;
  close(): void;
}

export async function startProvider(): Promise<Provider> {
  const waiting: (() => void)[] = [];
  let isHeld = false;
  const server = createServer(({ url = '' }, response) => {
    const answer = (): void => answerTo(new URL(url, 'http://provider'), response);
    if (isHeld) waiting.push(answer);
    else answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    environment: {
      PROVIDER_MODE: 'live',
      WEATHER_GEOCODING_URL: `${address}/search`,
      WEATHER_FORECAST_URL: `${address}/forecast`,
    },
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      for (const answer of waiting.splice(0)) answer();
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answerTo({ pathname, searchParams }: URL, response: ServerResponse): void {
  const city = searchParams.get('name');
  response.setHeader('content-type', 'application/json');
  if (city === DOWN_CITY) response.statusCode = 503;
  const place = { name: city, latitude: 30.27, longitude: -97.74, country_code: 'US' };
  const current = { temperature_2m: 21.5, relative_humidity_2m: 40, weather_code: 2, wind_speed_10m: 11.2 };
  const found = pathname === '/search' ? { results: city === UNKNOWN_CITY ? [] : [place] } : { current };
  response.end(JSON.stringify(found));
}
