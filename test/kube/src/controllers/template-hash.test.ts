import { expect, test } from 'vitest'
import { templateHash } from './template-hash.ts'
import type { Container, PodTemplate } from './types.ts'

/** A template as the API stores it: defaulted. */
function template(container: Partial<Container> = {}, more: object = {}): PodTemplate {
  const main = {
    name: 'main',
    image: 'registry.example/app:1',
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
    ...container,
  }
  return {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [main],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
      ...more,
    },
  }
}

// The expected values are what Kubernetes' own code computes of the same templates.
test('a pod template has the hash that a real cluster gives it', () => {
  expect(templateHash(template())).toBe('5c5dbc4b5')
  expect(templateHash(template({ image: 'registry.example/app:2' }))).toBe('7cbb798898')
})

test('pointers, maps, quantities and either-or values are hashed as Go holds them', () => {
  const limits = {
    cpu: '500m',
    memory: '128Mi',
    'ephemeral-storage': '100Ti',
    'example.com/a': '0',
    'example.com/b': '-5',
  }
  const container = {
    env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } }],
    livenessProbe: { httpGet: { path: '/', port: 'http', scheme: 'HTTP' }, timeoutSeconds: 1 },
    resources: { limits },
  }
  expect(templateHash(template(container, { volumes: [{ name: 'v', emptyDir: {} }] }))).toBe('85fdfd46c7')
})

test('a collision makes another hash', () => {
  expect(templateHash(template(), 3)).toBe('658b648cf4')
})
