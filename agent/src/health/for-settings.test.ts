import type { KubeObject } from '@flotilla/shared/k8s/object'
import type { SyncSettings } from '@flotilla/shared/protocol/desired'
import { expect, test } from 'vitest'
import { healthBySettings } from './for-settings.ts'
import { createLua } from './lua.ts'

const health = healthBySettings(await createLua(Date.now))
const judge = (argocdCm: Record<string, string>, object: object) =>
  health({ argocdCm } as unknown as SyncSettings)({ metadata: { name: 'x', namespace: 'ns' }, ...object } as KubeObject)

const thing = {
  apiVersion: 'a.example.com/v1',
  kind: 'Thing',
  status: { conditions: [{ type: 'Ready', status: 'True', message: 'up' }] },
}
const says = (message: string): string => `return {status = "Degraded", message = "${message}"}`

test('a key for one kind', () => {
  const argocdCm = { 'resource.customizations.health.a.example.com_Thing': says('split') }
  expect(judge(argocdCm, thing)).toEqual({ status: 'Degraded', message: 'split' })
  expect(judge(argocdCm, { ...thing, kind: 'Other' })).toBeUndefined()
})

test('the map, exact before wildcard, wildcard before what is built in', () => {
  const map = `
a.example.com/Thing: {health.lua: '${says('exact')}'}
"*.example.com/*": {health.lua: '${says('wild')}'}
"*/Certificate": {health.lua: '${says('mine')}'}
`
  const argocdCm = { 'resource.customizations': map }
  expect(judge(argocdCm, thing)?.message).toBe('exact')
  expect(judge(argocdCm, { ...thing, kind: 'Other' })?.message).toBe('wild')
  expect(judge(argocdCm, { apiVersion: 'cert-manager.io/v1', kind: 'Certificate' })?.message).toBe('mine')
})

test('libraries only where they are asked for, in both forms', () => {
  const script = 'return {status = "Healthy", message = string.upper("x")}'
  const key = 'resource.customizations.health.a.example.com_Thing'
  const closed = judge({ [key]: script }, thing)
  expect(closed).toEqual({
    status: 'Unknown',
    message: "<string>:1: attempt to index a non-table object(nil) with key 'upper'",
  })
  const open = { [key]: script, 'resource.customizations.useOpenLibs.a.example.com_Thing': 'true' }
  expect(judge(open, thing)?.message).toBe('X')
  const map = `a.example.com/Thing: {health.lua: '${script}', health.lua.useOpenLibs: true}`
  expect(judge({ 'resource.customizations': map }, thing)?.message).toBe('X')
})

test('an endless script is Unknown, and says why', () => {
  const argocdCm = { 'resource.customizations.health.a.example.com_Thing': 'while true do end' }
  expect(judge(argocdCm, thing)).toEqual({ status: 'Unknown', message: '<string>:1: context deadline exceeded' })
})

test('settings that cannot be read make every verdict Unknown', () => {
  const found = judge({ 'resource.customizations': 'a: [' }, thing)
  expect(found?.status).toBe('Unknown')
  expect(found?.message).toContain('error converting YAML to JSON')
})

test('conditions are read only where the settings say so', () => {
  expect(judge({}, thing)).toBeUndefined()
  expect(judge({ 'resource.health.fromConditions': 'true' }, thing)).toEqual({ status: 'Healthy', message: 'up' })
})

test('kinds that Argo CD has no rule for are judged by ours, unless the settings say otherwise', () => {
  const backup = { apiVersion: 'velero.io/v1', kind: 'Backup', metadata: { name: 'x' }, status: { phase: 'Failed' } }
  expect(judge({}, backup)).toEqual({ status: 'Degraded', message: 'Backup is Failed' })
  expect(judge({ 'resource.health.ownRules': 'false' }, backup)).toBeUndefined()
  const script = "return {status = 'Healthy', message = 'mine'}"
  expect(judge({ 'resource.customizations.health.velero.io_Backup': script }, backup)?.message).toBe('mine')
})

test('a rule that stops is Unknown, in its own words', () => {
  expect(judge({}, { apiVersion: 'batch/v1', kind: 'CronJob' })).toEqual({
    status: 'Unknown',
    message: "<string>:3: attempt to index a non-table object(nil) with key 'suspend'",
  })
})
