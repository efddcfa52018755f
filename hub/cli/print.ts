import * as yaml from 'js-yaml'
import { CliError } from './errors.ts'

/** `json` or `yaml` of a value; other formats are the caller's. */
export function structured(format: string, value: unknown): string | undefined {
  if (format === 'json') return `${JSON.stringify(value, undefined, 2)}\n`
  if (format === 'yaml') return toYaml(value)
  return undefined
}

/** YAML with sorted keys, as Argo CD and kubectl print objects. */
export function toYaml(value: unknown): string {
  const scalarStyleRules = [quoteOthers, ...Object.values(yaml.DEFAULT_SCALAR_STYLE_RULES)]
  return yaml.dump(value, { sortKeys: true, lineWidth: -1, noRefs: true, seqNoIndent: true, scalarStyleRules })
}

/** A text that would be read as something else without quotes has double ones, as Go writes it; others single ones. */
const quoteOthers: yaml.ScalarStyleRule = (layout) => {
  const { tag, value } = layout.node
  if (tag !== layout.presenterOptions.schema.defaultScalarTag.tagName) return
  if (layout.style === yaml.SCALAR_STYLE_PLAIN && (isOther(value) || /^[yYnN]$/.test(value))) {
    layout.style = yaml.SCALAR_STYLE_DOUBLE_QUOTED
  }
}

function isOther(text: string): boolean {
  return text === '' || [yaml.YAML11_SCHEMA, yaml.CORE_SCHEMA].some((schema) => isOtherIn(text, schema))
}

function isOtherIn(text: string, schema: yaml.Schema): boolean {
  try {
    const read = yaml.load(text, { schema })
    return read === null || ['number', 'boolean', 'bigint'].includes(typeof read) || read instanceof Date
  } catch {
    return false
  }
}

export function unknownFormat(format: string): CliError {
  return new CliError(`unknown output format: ${format}`)
}
