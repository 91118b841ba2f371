import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Listens on a port of its own until the running test ends. */
export async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

export interface HangingProvider {
  /** Where a program finds it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly calls: () => number;
  readonly answer: () => void;
}

/** Plays Open-Meteo: answers nothing until it is told to, and then everything. */
export async function hangingProvider(): Promise<HangingProvider> {
  const waiting: (() => void)[] = [];
  let answering = false;
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    const body = request.url?.startsWith('/forecast')
      ? { current: { temperature_2m: 31.5, relative_humidity_2m: 40, weather_code: 0, wind_speed_10m: 5 } }
      : { results: [{ name: 'Austin', latitude: 30.27, longitude: -97.74, country_code: 'US' }] };
    const answer = (): void =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (answering) answer();
    else waiting.push(answer);
  });
  await listen(server);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    environment: {
      PROVIDER_MODE: 'live',
      WEATHER_GEOCODING_URL: url,
      WEATHER_FORECAST_URL: `${url}forecast`,
    },
    calls: () => calls,
    answer: () => {
      answering = true;
      for (const give of waiting.splice(0)) give();
    },
  };
}
