import { JobFailure } from '@dtq/core/errors.ts';
import type { JobHandler } from '../handler.ts';
import { currentWeather, findPlace } from '../providers/open-meteo.ts';
import { madeBy } from '../providers/provider.ts';
import { conditionOf } from '../providers/wmo-4677.ts';

/** The weather in a city right now. Fails with city_not_found, and with the provider_ codes (providers/http.ts). */
export const weather: JobHandler<'weather'> = async ({ city, country_code, units }, { providers, policy, signal }) => {
  const countryCode = country_code?.toUpperCase();
  const place = await findPlace(providers.weather, city, countryCode, { policy, signal });
  if (place.value === null) {
    const where = countryCode === undefined ? '' : ` in ${countryCode}`;
    throw new JobFailure('city_not_found', `no city is called "${city}"${where}`);
  }
  const now = await currentWeather(providers.weather, place.value, units, { policy, signal });
  return {
    temperature: now.value.temperature,
    condition: conditionOf(now.value.weatherCode),
    humidity_pct: now.value.humidity,
    wind_kph: now.value.windSpeed,
    provider: madeBy(place, now),
  };
};
