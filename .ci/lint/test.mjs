// Checks that the rules that this project relies on can fail. bad.yaml breaks these and no others.
import { deepStrictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const run = spawnSync(
  process.execPath,
  [
    here('node_modules/@redocly/cli/bin/cli.js'),
    ...['lint', here('bad.yaml'), '--config', here('redocly.yaml'), '--format', 'json'],
  ],
  { encoding: 'utf8', env: { ...process.env, REDOCLY_TELEMETRY: 'off' } },
);
if (!run.stdout) {
  throw new Error(run.stderr);
}
const got = JSON.parse(run.stdout).problems.map(
  (problem) => `${problem.ruleId} ${problem.location[0].pointer}`,
);
deepStrictEqual(got.sort(), [
  'contract/deprecated-reason #/components/schemas/Good/properties/old/deprecated',
  'contract/deprecated-reason #/paths/~1deprecated/get/deprecated',
  'contract/deprecated-reason #/paths/~1deprecated/get/parameters/0/deprecated',
  'contract/described #/components/schemas/Good/properties/silent',
  'contract/described #/components/schemas/Silent',
  'contract/idempotent #/paths/~1idempotent/get',
  'contract/idempotent #/paths/~1idempotent/post',
  'contract/ref-siblings #/components/schemas/Good/properties/sibling/description',
  'no-unused-components #/components/schemas/Unused',
  'operation-description #/paths/~1texts/get/description',
  'operation-operationId #/paths/~1nameless/get/operationId',
  'operation-summary #/paths/~1texts/get/summary',
  'operation-tag-defined #/paths/~1tag/get/tags/0',
  'operation-tag-defined #/paths/~1tagless/get',
  'parameter-description #/paths/~1deprecated/get/parameters/1',
  'rule/one-tag #/paths/~1tagless/get/tags',
  'rule/one-tag #/paths/~1tags/get/tags',
  'rule/operation-id #/paths/~1snake/get/operationId',
  'scalar-property-missing-example #/components/schemas/Good/properties/plain',
]);
