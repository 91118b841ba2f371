import path from 'node:path';
import { runGate } from './gate.ts';

process.exitCode = runGate(path.resolve(import.meta.dirname, '../../..'), process.argv.slice(2), console.log);
