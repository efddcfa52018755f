import { healthCustomization, readCustomizations } from '@flotilla/shared/engine/health/customizations'
import { expect, test } from 'vitest'
import { parseSettingsYaml } from './settings-yaml.ts'

const prefix = 'resource.customizations'
const read = (argocdCm: Record<string, string>) => readCustomizations(argocdCm, parseSettingsYaml)

test.each([
  [{ [`${prefix}.health.a.example.com_Thing`]: 'x' }, true],
  [{ [`${prefix}.health.a.example.com/Thing`]: 'x' }, true],
  [{ [`${prefix}.health.Thing`]: 'x' }, false],
  [{ [`${prefix}.health.all`]: 'x' }, true],
  [{ [`${prefix}.health`]: 'x' }, false],
  [{ [`${prefix}.ignoreDifferences.a.example.com_Thing`]: 'x' }, false],
  [{ [prefix]: 'a.example.com/Thing: {health.lua: x}' }, true],
  [{ [prefix]: 'a.example.com/Thing: {Health.Lua: x}' }, true],
  [{ [prefix]: 'a.example.com/Thing: {health.lua: null}' }, false],
  [{ [prefix]: 'a.example.com/Thing: null' }, false],
  [{ [prefix]: '"*.example.com/*": {health.lua: x}' }, true],
  [{ [prefix]: '"*/*": {health.lua: x}' }, true],
  [{ [prefix]: '' }, false],
])('%j has a script for a kind: %j', (argocdCm, has) => {
  expect(healthCustomization(read(argocdCm), 'a.example.com', 'Thing')?.health).toBe(has ? 'x' : undefined)
})

test.each(['1', 't', 'T', 'true', 'TRUE', 'True'])('useOpenLibs is on with %s', (value) => {
  expect(read({ [`${prefix}.useOpenLibs.Thing`]: value }).get('Thing')).toEqual({ openLibs: true })
})

const decoding = 'error unmarshaling JSON: while decoding JSON: json: cannot unmarshal'
test.each([
  [
    { [`${prefix}.health.`]: 'x' },
    "group kind should be in format `resource.customizations.<type>.<group_kind>` or resource.customizations.<type>.<kind>`, got group kind: ''",
  ],
  [{ [`${prefix}.unknown.Thing`]: 'x' }, 'resource customization type unknown not supported'],
  [{ [`${prefix}.useOpenLibs.Thing`]: 'maybe' }, 'strconv.ParseBool: parsing "maybe": invalid syntax'],
  [{ [prefix]: '[]' }, `${decoding} array into Go value of type map[string]v1alpha1.ResourceOverride`],
  [{ [prefix]: 'a: b' }, `${decoding} string into Go value of type v1alpha1.rawResourceOverride`],
  [
    { [prefix]: 'Thing: {health.lua: 5}' },
    `${decoding} number into Go struct field rawResourceOverride.health.lua of type string`,
  ],
  [
    { [prefix]: 'Thing: {health.lua.useOpenLibs: "true"}' },
    `${decoding} string into Go struct field rawResourceOverride.health.lua.useOpenLibs of type bool`,
  ],
])('%j cannot be read', (argocdCm, message) => {
  expect(() => read(argocdCm)).toThrow(new Error(message))
})
