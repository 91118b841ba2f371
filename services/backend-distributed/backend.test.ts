import { describeBackend } from '@dtq/backend-conformance/describe-backend.ts';
import { conformanceSpace } from './test/conformance-space.ts';
import { describeWithStack, stack } from './test/stack.ts';

describeWithStack('distributed', () => {
  describeBackend('distributed', () => conformanceSpace());
});

describeWithStack('distributed, over the second MongoDB wire', () => {
  const uri = stack().DTQ_SECANTUS_MONGO_URI;
  if (uri !== undefined) describeBackend('distributed', () => conformanceSpace(uri));
});
