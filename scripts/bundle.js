// Bundles the package in whose folder it runs: `bundle.js [--outdir=DIR] NAME=FILE… [@ALIAS=FOLDER…] [--external=MODULE…]`.
import { build } from 'esbuild'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** @param {string} text */
const pairOf = (text) => /** @type {[string, string]} */ (text.split(/=(.*)/s, 2))
const args = process.argv.slice(2)
const options = args.filter((arg) => arg.startsWith('--')).map(pairOf)
const pairs = args.filter((arg) => !arg.startsWith('--')).map(pairOf)
const outdir = options.find(([name]) => name === '--outdir')?.[1] ?? 'dist'

/**
 * Node holds a program's text for as long as it runs, and twice as large if one character is not ASCII. The bundler
 * writes texts and names so, but not regular expressions; what it reads means the same if all of it is escaped.
 */
const ascii = {
  name: 'ascii',
  setup(/** @type {import('esbuild').PluginBuild} */ bundler) {
    bundler.onLoad({ filter: /\.[cm]?[jt]s$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      // oxlint-disable-next-line no-control-regex -- all that is not ASCII
      if (/^[\0-\x7f]*$/.test(text)) return undefined
      const contents = text.replace(
        // oxlint-disable-next-line no-control-regex -- all that is not ASCII
        /[^\0-\x7f]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
      return { contents, loader: path.endsWith('ts') ? 'ts' : 'js' }
    })
  },
}

const { metafile } = await build({
  entryPoints: Object.fromEntries(pairs.filter(([name]) => !name.startsWith('@'))),
  alias: Object.fromEntries(
    pairs.filter(([name]) => name.startsWith('@')).map(([name, folder]) => [name, resolve(folder)]),
  ),
  external: options.filter(([name]) => name === '--external').map(([, module]) => module),
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  charset: 'ascii',
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  sourcemap: true,
  metafile: true,
  plugins: [ascii],
  logLevel: 'error',
  banner: {
    js: 'import { createRequire as bundleRequire } from "node:module";const require = bundleRequire(import.meta.url);',
  },
})

// Pieces of earlier builds have other names: nothing asks for them any more.
const written = new Set(Object.keys(metafile.outputs).map((file) => relative(outdir, file)))
const old = readdirSync(outdir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
for (const entry of old) {
  const file = join(entry.parentPath, entry.name)
  if (!written.has(relative(outdir, file))) await rm(file)
}
await writeFile(join(outdir, 'meta.json'), JSON.stringify(metafile))
