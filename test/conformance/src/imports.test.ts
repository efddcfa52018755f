import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

function sources(folder: string): string[] {
  return readdirSync(join(root, folder)).flatMap((name) => {
    if (name === 'node_modules' || name === 'dist' || name === 'testdata') return []
    const path = join(folder, name)
    if (statSync(join(root, path)).isDirectory()) return sources(path)
    return name.endsWith('.ts') ? [path] : []
  })
}

/** The file below the root that an import names, or the package's name. */
function target(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(root, resolve(root, dirname(from), specifier))
  const own = /^@flotilla\/(shared|hub|agent|test-(\w+))\/(.+)$/.exec(specifier)
  if (!own) return specifier
  return `${own[2] ? `test/${own[2]}` : own[1]}/src/${own[3]}.ts`
}

interface Import {
  readonly from: string
  readonly to: string
}

const imports: Import[] = ['shared/src', 'hub/src', 'hub/cli', 'agent/src', 'test'].flatMap(sources).flatMap((from) =>
  [...readFileSync(join(root, from), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => ({
    from,
    to: target(from, match[1] ?? ''),
  })),
)

const isTest = (path: string): boolean => /\.(test|contract)\.ts$/.test(path) || path.includes('/testing/')
const product = imports.filter(({ from }) => !isTest(from))

/** Each rule: files of this pattern may not import files (or packages) of that one, and why. */
const rules: readonly { name: string; from: RegExp; to: RegExp; except?: RegExp }[] = [
  { name: 'shared imports nothing of the rest', from: /^shared\//, to: /^(hub|agent|test)\// },
  { name: 'hub does not know the agent', from: /^hub\//, to: /^agent\// },
  { name: 'agent does not know the hub', from: /^agent\//, to: /^hub\// },
  { name: 'the command line is a client', from: /^hub\/cli\//, to: /^(hub\/src|shared\/src\/(apiserver|protocol))\// },
  { name: 'the embedded cluster flatters nobody', from: /^test\/kube\//, to: /^(hub|agent)\// },
  { name: 'product code knows no test', from: /^(shared|hub|agent)\//, to: /^test\// },
  { name: 'only the store knows SQL', from: /^(?!hub\/src\/store\/)/, to: /^(better-sqlite3|pg)$/ },
  {
    name: 'decisions do no IO',
    from: /^shared\/src\/(lang|k8s|argo|engine|protocol|api)\//,
    to: /^node:(?!crypto)/,
    except: /^shared\/src\/engine\/transcript\.ts$/,
  },
  {
    name: 'only git, charts, render and tools spawn',
    from: /^(shared|hub\/src|agent)\//,
    to: /^node:child_process$/,
    except: /^(hub\/src\/(git|charts|render)\/|shared\/src\/runtime\/tools\.ts$|hub\/src\/in-cluster\.ts$)/,
  },
]

test.each(rules)('$name', ({ from, to, except }) => {
  const broken = product.filter((one) => from.test(one.from) && to.test(one.to) && !except?.test(one.from))
  expect(broken.map((one) => `${one.from} imports ${one.to}`)).toEqual([])
})

test('T-19: tables by names inherit none', () => {
  const table = /^(?:export )?const (\w+): (?:Readonly<)?Record<string,[^=]*(?:=>[^=]*)*= \{/gm
  const bare = ['shared/src', 'hub/src', 'agent/src']
    .flatMap(sources)
    .filter((path) => !isTest(path))
    .flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(table)].map(([, name]) => `${path}: ${name}`),
    )
  expect(bare).toEqual([])
})

test('the walk sees the whole tree', () => {
  expect(imports.length).toBeGreaterThan(200)
})
