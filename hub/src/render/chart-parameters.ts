import { isObject } from '@flotilla/shared/lang/json'
import { parseYaml } from '@flotilla/shared/k8s/yaml'
import type { Tree } from '../git/repository.ts'
import { RenderError } from './render.ts'

/** What a chart can be told, as the API shows it. */
export interface ChartParameters {
  readonly name?: string
  readonly valueFiles?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly value: string }[]
  /** Its own `values.yaml`, as it stands. */
  readonly values?: string
}

/** Reads the values of a chart, and of the files that a source adds, as one flat list by name. */
export function chartParameters(tree: Tree, valueFiles: readonly string[]): ChartParameters {
  const text = (path: string): string | undefined => {
    const file = tree.files.find((each) => each.path === path.replace(/^\.\//, ''))
    return file && Buffer.from(file.bytes).toString('utf8')
  }
  const own = text('values.yaml')
  const chart = parsed('Chart.yaml', text('Chart.yaml'))
  const flat = new Map<string, string>()
  for (const path of ['values.yaml', ...valueFiles]) flatten('', parsed(path, text(path)), flat)
  const names = [...flat.keys()].toSorted()
  const files = tree.files
    .map(({ path }) => path)
    .filter((path) => /(^|\/)[^/]*values[^/]*\.ya?ml$/.test(path) && !path.includes('templates/'))
  return {
    ...(typeof chart['name'] === 'string' ? { name: chart['name'] } : {}),
    ...(files.length > 0 ? { valueFiles: files.toSorted() } : {}),
    ...(names.length > 0 ? { parameters: names.map((name) => ({ name, value: flat.get(name) ?? '' })) } : {}),
    ...(own ? { values: own } : {}),
  }
}

function parsed(path: string, text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {}
  try {
    const value = parseYaml(text)
    return isObject(value) ? value : {}
  } catch (error) {
    throw new RenderError(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

function flatten(prefix: string, value: unknown, into: Map<string, string>): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) flatten(`${prefix}[${index}]`, item, into)
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) flatten(prefix === '' ? key : `${prefix}.${key}`, item, into)
  } else if (prefix !== '') {
    into.set(prefix, value === null || value === undefined ? '' : String(value as string | number | boolean))
  }
}
