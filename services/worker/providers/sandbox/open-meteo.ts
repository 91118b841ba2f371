import { SANDBOX_CITIES, type SandboxCity } from './cities.ts';
import { hashOf, plain } from './hash.ts';
import type { SandboxInput } from './inputs.ts';
import type { SandboxService } from './sandbox.ts';

/** Cities for which the sandbox plays more than the faults that all providers share. */
export const WEATHER_INPUTS: readonly SandboxInput[] = [
  { input: 'Nowhere', plays: 'no place of that name', ends: 'city_not_found' },
  { input: 'Partial', plays: 'weather without its humidity', ends: 'provider_invalid_response' },
];

// Where Partial lies: the forecast knows a place by nothing but its coordinates, and at 0, 0 there is no city.
const PARTIAL = { latitude: 0, longitude: 0 };

// The weather that made-up places can have (WMO code table 4677).
const CODES = [0, 1, 2, 3, 45, 51, 61, 63, 80, 95];
const COUNTRIES = ['AU', 'BR', 'CA', 'DE', 'ES', 'FR', 'GB', 'IN', 'JP', 'KE', 'MX', 'SE', 'US', 'ZA'];

const countryNames = new Intl.DisplayNames('en', { type: 'region' });

/** Both services of Open-Meteo, told apart by their parameters, with the JSON of the real ones. */
export const sandboxOpenMeteo: SandboxService = {
  subject: ({ searchParams }) => searchParams.get('name') ?? coordinates(searchParams),
  answer: ({ searchParams }) => Response.json(searchParams.has('name') ? places(searchParams) : weather(searchParams)),
};

function places(query: URLSearchParams): unknown {
  const name = query.get('name') ?? '';
  const country = query.get('countryCode')?.toUpperCase();
  const known = SANDBOX_CITIES.filter((city) => plain(city.name) === plain(name));
  const candidates = known.length > 0 ? known : plain(name) === 'nowhere' ? [] : [madeUpCity(name, country)];
  const cities = candidates.filter((city) => country === undefined || city.country === country);
  // The real service leaves `results` out where it has none.
  return cities.length === 0 ? { generationtime_ms: 0.4 } : { results: cities.map(place), generationtime_ms: 0.7 };
}

function place({ name, country, latitude, longitude }: SandboxCity): unknown {
  return {
    id: 1_000_000 + hashOf(`${plain(name)} ${country}`, 1_000_000),
    name,
    latitude,
    longitude,
    feature_code: 'PPL',
    country_code: country,
    country: countryNames.of(country) ?? country,
    timezone: 'GMT',
  };
}

function weather(query: URLSearchParams): unknown {
  const latitude = Number(query.get('latitude'));
  const longitude = Number(query.get('longitude'));
  const here = SANDBOX_CITIES.find((city) => city.latitude === latitude && city.longitude === longitude);
  const { celsius, humidity, code, wind } = here ?? madeUpWeather(coordinates(query), latitude);
  const fahrenheit = query.get('temperature_unit') === 'fahrenheit';
  const hidden = latitude === PARTIAL.latitude && longitude === PARTIAL.longitude;
  return {
    latitude,
    longitude,
    generationtime_ms: 0.05,
    utc_offset_seconds: 0,
    timezone: 'GMT',
    timezone_abbreviation: 'GMT',
    current_units: {
      time: 'iso8601',
      interval: 'seconds',
      temperature_2m: fahrenheit ? '°F' : '°C',
      relative_humidity_2m: '%',
      weather_code: 'wmo code',
      wind_speed_10m: 'km/h',
    },
    current: {
      // One moment for ever, as the whole answer.
      time: '2026-01-01T12:00',
      interval: 900,
      temperature_2m: fahrenheit ? tenths(celsius * 1.8 + 32) : celsius,
      ...(hidden ? {} : { relative_humidity_2m: humidity }),
      weather_code: code,
      wind_speed_10m: wind,
    },
  };
}

/** A city for a name that nobody knows: wherever it is asked for, with coordinates where people live. */
function madeUpCity(name: string, country: string | undefined): SandboxCity {
  const seed = plain(name);
  const where =
    seed === 'partial'
      ? PARTIAL
      : {
          latitude: (hashOf(`${seed} north`, 11_000) - 4_500) / 100,
          longitude: (hashOf(`${seed} east`, 36_000) - 18_000) / 100,
        };
  return {
    name,
    country: country ?? COUNTRIES[hashOf(`${seed} country`, COUNTRIES.length)] ?? 'US',
    ...where,
    ...madeUpWeather(`${where.latitude},${where.longitude}`, where.latitude),
  };
}

/** Weather that fits the latitude, within a few degrees. */
function madeUpWeather(seed: string, latitude: number): Pick<SandboxCity, 'celsius' | 'humidity' | 'code' | 'wind'> {
  return {
    celsius: tenths(29 - Math.abs(latitude) * 0.4 + (hashOf(`${seed} warm`, 101) - 50) / 10),
    humidity: 35 + hashOf(`${seed} damp`, 56),
    code: CODES[hashOf(`${seed} sky`, CODES.length)] ?? 0,
    wind: tenths(2 + hashOf(`${seed} wind`, 300) / 10),
  };
}

function coordinates(query: URLSearchParams): string {
  return `${query.get('latitude')},${query.get('longitude')}`;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
