/** Where the browser is: `DTQ_CHROMIUM`, else Debian's. */
export const CHROMIUM = process.env['DTQ_CHROMIUM'] ?? '/usr/bin/chromium';
