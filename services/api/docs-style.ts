/**
 * What the page at /docs has of its own beside Swagger UI's style, in light and in dark as the reader's system has it; a key is
 * no more seen there than a password.
 */
export const DOCS_STYLE = `.dtq-states { display: block; width: 100%; max-width: 45rem; height: auto; margin: 1rem 0; font-family: sans-serif; }
.dtq-states .dtq-badge { fill: Canvas; }
.dtq-table { overflow-x: auto; margin: 0 0 1rem; }
.dtq-table table { border-collapse: collapse; }
.swagger-ui .dtq-table table thead tr th, .swagger-ui .dtq-table table tbody tr td { padding: 0.4rem 0.8rem 0.4rem 0; min-width: 4rem; text-align: left; vertical-align: top; }
.swagger-ui .auth-container input { -webkit-text-security: disc; }
:target { outline: 2px solid; outline-offset: 4px; }
`;
