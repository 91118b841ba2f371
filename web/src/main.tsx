import { render } from 'solid-js/web';
import { App } from './app.tsx';
import { startHeldKey } from './key/held-key.ts';
import { startRouter } from './router/router.ts';
import { startTheme } from './theme/theme.ts';

startTheme();
startHeldKey();
startRouter();
const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app');
render(() => <App />, root);
