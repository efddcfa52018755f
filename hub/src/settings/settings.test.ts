import { expect, test } from 'vitest'
import { parseSettings } from './settings.ts'

test('every setting that agents act by reaches them, whichever ConfigMap has it', () => {
  const keys = [
    'resource.exclusions',
    'resource.health.ownRules',
    'controller.prune.guard.count',
    'controller.prune.guard.share',
    'controller.prune.guard.cluster.count',
    'controller.prune.guard.cluster.share',
    'controller.prune.guard.cluster.window.seconds',
    'controller.self.heal.timeout.seconds',
    'controller.sync.timeout.seconds',
    'application.sync.applyMethod',
    'application.sync.impersonation.enabled',
    'application.sync.impersonation.enforced',
  ]
  const data = Object.fromEntries(keys.map((key) => [key, 'x']))
  expect(Object.keys(parseSettings(data, {}).resourceKeys)).toEqual(keys)
  expect(Object.keys(parseSettings({}, {}, data).resourceKeys)).toEqual(keys)
})

test('what concerns the hub alone stays there', () => {
  expect(parseSettings({ 'oidc.config': 'x', url: 'y' }, {}, { 'server.insecure': 'true' }).resourceKeys).toEqual({})
})
