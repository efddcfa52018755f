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
  return yaml.dump(value, { sortKeys: true, lineWidth: -1, noRefs: true })
}

export function unknownFormat(format: string): CliError {
  return new CliError(`unknown output format: ${format}`)
}
