import { readCustomizations } from '@flotilla/shared/engine/health/customizations'
import { expect, test } from 'vitest'
import { actionsBySettings } from './actions-for-settings.ts'
import { createLua } from './lua.ts'
import { listActions, planAction } from './scripted-actions.ts'
import { parseSettingsYaml as parseYaml } from './settings-yaml.ts'

const runLua = await createLua(Date.now)
const key = 'resource.customizations.actions.a.example.com_Thing'
const thing = {
  apiVersion: 'a.example.com/v1',
  kind: 'Thing',
  metadata: { name: 'x', namespace: 'ns' },
  spec: { map: {}, list: [], numbers: { '1': 'one' } },
}

function optionsOf(actions: string) {
  return { customizations: readCustomizations({ [key]: actions }, parseYaml), runLua, parseYaml }
}

function discovered(script: string): unknown {
  return listActions(thing, optionsOf(`discovery.lua: return ${script}`))
}

function planned(script: string, definitions = ''): unknown {
  const options = optionsOf(`definitions:\n- name: go\n  action.lua: |\n    ${script}\n${definitions}`)
  return planAction(thing, 'go', { now: () => new Date(0), parameters: { n: '3' } }, options)
}

test.each([
  ['{}', []],
  ['{a={}, b={disabled=true}}', [{ name: 'a' }, { name: 'b', disabled: true }]],
  [
    '{c={iconClass="i", DisplayName="C", params={{name="p"}}}}',
    [{ name: 'c', params: [{ name: 'p' }], iconClass: 'i', displayName: 'C' }],
  ],
  ['{a={name="other"}}', [{ name: 'other' }]],
])('discovery that returns %s', (script, actions) => {
  expect(discovered(script)).toEqual(actions)
})

test.each([
  ['nil', 'expect table output from Lua script, not nil'],
  [
    '{"a"}',
    'error unmarshaling action table: json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
  [
    '{a=5}',
    'error unmarshaling resource action: json: cannot unmarshal number into Go value of type v1alpha1.ResourceAction',
  ],
  [
    '{a={disabled="x"}}',
    'error unmarshaling resource action: json: cannot unmarshal string into Go struct field ResourceAction.disabled of type bool',
  ],
  [
    '{a={displayName=5}}',
    'error unmarshaling resource action: json: cannot unmarshal number into Go struct field ResourceAction.displayName of type string',
  ],
])('discovery that returns %s fails', (script, message) => {
  expect(() => discovered(script)).toThrow(new Error(message))
})

test('a script patches the object it was given, and maps stay maps', () => {
  expect(planned('obj.spec.n = tonumber(actionParams["n"]) return obj')).toEqual([
    { operation: 'patch', object: { ...thing, spec: { ...thing.spec, n: 3 } } },
  ])
})

test('of two actions by one name the first counts', () => {
  const second = '- name: go\n  action.lua: return 5\n'
  expect(planned('return {{operation="create", resource={kind="A"}}}', second)).toEqual([
    { operation: 'create', object: { kind: 'A' } },
  ])
})

test.each([
  ['return 5', 'expect table output from Lua script, not number'],
  ['return {{operation="delete", resource=obj}}', 'unsupported operation: "delete"'],
  ['return {{operation=5, resource=obj}}', 'unsupported operation: 5'],
  ['return {5}', 'json: cannot unmarshal number into Go value of type lua.ImpactedResource'],
  [
    'return {{operation="patch", resource=5}}',
    'json: cannot unmarshal number into Go struct field ImpactedResource.resource of type map[string]interface {}',
  ],
  ['return {apiVersion="v1"}', `Object 'Kind' is missing in '{"apiVersion":"v1"}'`],
])('the action %s fails', (script, message) => {
  expect(() => planned(script)).toThrow(new Error(message))
})

test('actions that are no map', () => {
  expect(() => listActions(thing, optionsOf('x'))).toThrow(
    'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type v1alpha1.ResourceActions',
  )
})

test('what fails inside of an action is told to have failed there', () => {
  const actions = actionsBySettings(runLua, () => new Date(0))
  const settings = { argocdCm: { [key]: 'definitions:\n- name: go\n  action.lua: error("no")\n' } } as never
  const run = (action: string) => (): unknown => actions.run(thing, settings, action, {})
  expect(run('go')).toThrow(/^error executing Lua resource action: .*no/)
  expect(run('absent')).toThrow(/^built-in script does not exist$/)
})
