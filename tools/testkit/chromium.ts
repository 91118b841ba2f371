import { existsSync } from 'node:fs';

const DEBIAN = '/usr/bin/chromium';
const PLACES = [DEBIAN, '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where the browser is, or would be: `DTQ_CHROMIUM`, else the first that is there, else Debian's. */
export const CHROMIUM = process.env['DTQ_CHROMIUM'] ?? PLACES.find((place) => existsSync(place)) ?? DEBIAN;
