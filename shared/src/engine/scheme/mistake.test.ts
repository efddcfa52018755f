import { expect, test } from 'vitest'
import { mistakeIn } from './mistake.ts'
import { schemeType } from './types.ts'

const deployment = schemeType('apps/v1', 'Deployment')

test.each([
  [{ spec: { replicas: 'two' } }, 'unrecognized type: int32'],
  [{ spec: { replicas: 1.5 } }, 'cannot convert float64 to int32'],
  [{ spec: { paused: 'yes' } }, 'unrecognized type: bool'],
  [{ spec: 'x' }, 'cannot restore struct from: string'],
  [{ spec: { template: { spec: { containers: 'x' } } } }, 'cannot restore slice from string'],
  [{ metadata: { labels: [] } }, 'cannot restore map from slice'],
  [{ metadata: { labels: { a: 1 } } }, 'cannot convert int64 to string'],
  [{ metadata: { labels: { a: true } } }, 'unrecognized type: string'],
  [
    { status: { conditions: [{ lastUpdateTime: 'soon' }] } },
    'parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006"',
  ],
  [
    { spec: { template: { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } } } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [{ spec: { replicas: null, nobodyKnows: true }, status: {} }, undefined],
])('%j', (object, mistake) => {
  expect(deployment && mistakeIn(object, deployment)).toBe(mistake)
})
