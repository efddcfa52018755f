import { dump } from 'js-yaml'
import { integerOf, isInteger, isMap, type Value } from '@flotilla/shared/gotemplate/values'
import { fn, type Functions } from '@flotilla/shared/gotemplate/functions'
import { wrongConversion } from '@flotilla/shared/gotemplate/sprig/cast'
import { TemplatePanic } from '@flotilla/shared/gotemplate/error'
import { renderTemplate } from '@flotilla/shared/gotemplate/template'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import { sanitizeName } from '../names.ts'
import { GenerateError } from '../types.ts'
import type { Random } from '@flotilla/shared/lang/clock'
import { realRandom } from '@flotilla/shared/runtime/random'
import { byBytes } from '@flotilla/shared/lang/order'
import { secretFunctions } from './secrets.ts'
import { semverFunctions } from './semver.ts'
import type { RenderText } from './simple.ts'

/** What Argo CD adds to sprig. */
const functions: Functions = {
  ...semverFunctions,
  normalize: fn('s', sanitizeName),
  slugify: fn('n*', slugify),
  toYaml: fn('n', (value: Value) => formatYaml(value).replace(/\n$/, '')),
  fromYaml: fn('s', (text: string) => {
    const value = parseYaml(text) as Value
    if (value === null || value === undefined) return {}
    if (!isMap(value))
      throw new Error(
        `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonName(value)} into Go value of type map[string]interface {}`,
      )
    return value
  }),
  fromYamlArray: fn('s', (text: string) => {
    const value = parseYaml(text) as Value
    if (value === null || value === undefined) return []
    if (!Array.isArray(value))
      throw new Error(
        `error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonName(value)} into Go value of type []interface {}`,
      )
    return value
  }),
}

function jsonName(value: Value): string {
  if (Array.isArray(value)) return 'array'
  return isMap(value) ? 'object' : typeof value === 'boolean' ? 'bool' : typeof value
}

/** Renders Go templates, with the options of the set. */
export function renderGo(options: readonly string[], now: () => number, random: Random = realRandom): RenderText {
  const all = { ...functions, ...secretFunctions(random, now) }
  return (text, params) => {
    if (!text.includes('{{')) return text
    try {
      return renderTemplate(text, params, { name: 'base', functions: all, options, now })
    } catch (error) {
      if (error instanceof TemplatePanic) {
        throw new GenerateError('RenderTemplateParamsError', error.message, { cause: error })
      }
      const why = error instanceof Error ? error.message : String(error)
      const parsing = !why.includes(': executing ')
      const what = parsing ? `failed to parse template ${text}` : `failed to execute go template ${text}`
      throw new GenerateError('RenderTemplateParamsError', `${what}: ${why}`, { cause: error })
    }
  }
}

/** `slugify [length] [smart] text`: a short name; cut at a dash unless told otherwise. */
function slugify(...args: Value[]): string {
  if (args.length === 0) return ''
  const text = args.at(-1)
  const length = args.length > 1 ? args[0] : 50n
  const smart = args.length > 2 ? args[1] : true
  if (typeof length !== 'bigint') throw wrongConversion(length, 'int')
  if (typeof smart !== 'boolean') throw wrongConversion(smart, 'bool')
  if (typeof text !== 'string') throw wrongConversion(text, 'string')
  const most = Number(length)
  const slug = sanitizeName(text)
    .replaceAll(/[^a-z0-9-_]/g, '-')
    .replaceAll(/-+/g, '-')
    .replaceAll(/^[-_]+|[-_]+$/g, '')
  if (most <= 0 || slug.length <= most) return slug
  const dash = slug.lastIndexOf('-', most)
  return smart && dash >= 0 ? slug.slice(0, dash) : slug.slice(0, most)
}

/** YAML as Go's library writes it: keys in order, lists not indented, texts that would be read as something else quoted. */
function formatYaml(value: Value, indent = ''): string {
  if (Array.isArray(value) && value.length > 0) {
    const inner = `${indent}  `
    return value.map((each: Value) => `${indent}- ${nested(each, inner)}`).join('')
  }
  if (isMap(value) && Object.keys(value).length > 0) {
    const keys = Object.keys(value).toSorted(byBytes)
    return keys.map((key) => `${indent}${scalar(key)}:${below(value[key], indent)}`).join('')
  }
  return `${indent}${scalar(value)}\n`
}

/** What follows a dash: the first line beside it. */
function nested(value: Value, indent: string): string {
  return formatYaml(value, indent).slice(indent.length)
}

function below(value: Value, indent: string): string {
  if (Array.isArray(value) && value.length > 0) return `\n${formatYaml(value, indent)}`
  if (isMap(value) && Object.keys(value).length > 0) return `\n${formatYaml(value, `${indent}  `)}`
  if (typeof value === 'string' && value.includes('\n')) {
    const lines = value.replace(/\n$/, '').split('\n')
    const mark = value.endsWith('\n') ? '|' : '|-'
    return ` ${mark}\n${lines.map((line) => (line === '' ? '' : `${indent}  ${line}`)).join('\n')}\n`
  }
  return ` ${scalar(value)}\n`
}

function scalar(value: Value): string {
  if (isInteger(value)) return integerOf(value).toString()
  if (typeof value === 'number') return String(value)
  const text = dump(value ?? null, { lineWidth: -1 }).replace(/\n$/, '')
  return typeof value === 'string' && /^['"|>]/.test(text) ? JSON.stringify(value) : text
}
