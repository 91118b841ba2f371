import { fetchJson, type JsonAnswer } from './http.ts';
import type { JsonField } from './json-field.ts';
import type { Asking, ProviderFetch } from './provider.ts';

/** The two services of Open-Meteo, as handlers get them. */
export interface OpenMeteo {
  /** https://open-meteo.com/en/docs/geocoding-api */
  readonly geocodingUrl: string;
  /** https://open-meteo.com/en/docs */
  readonly forecastUrl: string;
  readonly fetch: ProviderFetch;
}

/** Degrees, north and east positive. */
export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

export interface CurrentWeather {
  /** Two metres above ground, in degrees of the units that were asked for. */
  readonly temperature: number;
  /** Percent. */
  readonly humidity: number;
  /** 0 to 99, WMO code table 4677. */
  readonly weatherCode: number;
  /** Ten metres above ground, in km/h. */
  readonly windSpeed: number;
}

/**
 * The best known place of that name, or null for none. `countryCode` is two capital letters: it goes to the service, which
 * may know more places of the name than it returns, and is checked here, for a service that does not know the parameter.
 * Rejects as fetchJson does.
 */
export async function findPlace(
  openMeteo: OpenMeteo,
  name: string,
  countryCode: string | undefined,
  asking: Asking,
): Promise<JsonAnswer<Place | null>> {
  const url = new URL(openMeteo.geocodingUrl);
  url.searchParams.set('name', name);
  url.searchParams.set('count', '10');
  url.searchParams.set('language', 'en');
  url.searchParams.set('format', 'json');
  if (countryCode !== undefined) url.searchParams.set('countryCode', countryCode);

  const read = (answer: JsonField): Place | null => {
    // A search without a hit answers without `results`.
    const results = answer.field('results');
    const places = results.present ? results.items() : [];
    const best = places.find((place) => countryCode === undefined || countryOf(place) === countryCode);
    return best === undefined
      ? null
      : {
          latitude: best.field('latitude').number({ minimum: -90, maximum: 90 }),
          longitude: best.field('longitude').number({ minimum: -180, maximum: 180 }),
        };
  };
  return await fetchJson({ ...asking, url, fetch: openMeteo.fetch, who: 'the geocoding service', read });
}

/** The weather at a place now; the wind is in km/h with both units. Rejects as fetchJson does. */
export async function currentWeather(
  openMeteo: OpenMeteo,
  place: Place,
  units: 'metric' | 'imperial',
  asking: Asking,
): Promise<JsonAnswer<CurrentWeather>> {
  const url = new URL(openMeteo.forecastUrl);
  url.searchParams.set('latitude', String(place.latitude));
  url.searchParams.set('longitude', String(place.longitude));
  url.searchParams.set('current', 'temperature_2m,relative_humidity_2m,weather_code,wind_speed_10m');
  url.searchParams.set('temperature_unit', units === 'imperial' ? 'fahrenheit' : 'celsius');
  url.searchParams.set('wind_speed_unit', 'kmh');

  // The bounds are those of the output in specs/jobs/weather.yaml, so that a fault is the provider's and not ours.
  const read = (answer: JsonField): CurrentWeather => {
    const current = answer.field('current');
    return {
      temperature: current.field('temperature_2m').number({ minimum: -150, maximum: 200 }),
      humidity: current.field('relative_humidity_2m').number({ minimum: 0, maximum: 100 }),
      weatherCode: current.field('weather_code').number({ minimum: 0, maximum: 99, whole: true }),
      windSpeed: current.field('wind_speed_10m').number({ minimum: 0, maximum: 600 }),
    };
  };
  return await fetchJson({ ...asking, url, fetch: openMeteo.fetch, who: 'the forecast service', read });
}

/** Some places, such as seas, belong to no country. */
function countryOf(place: JsonField): string | undefined {
  const code = place.field('country_code');
  return code.present ? code.text().toUpperCase() : undefined;
}
