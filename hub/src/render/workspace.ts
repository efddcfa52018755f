import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { RenderError } from './render.ts'

/** A private folder for one render, removed with everything in it. */
export interface Workspace {
  /** Where the repository is checked out. */
  readonly root: string
  /** The tool's home and temporary files. */
  readonly home: string
  readonly scratch: string
  remove(): Promise<void>
}

export async function makeWorkspace(dir: string): Promise<Workspace> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const base = await realpath(await mkdtemp(join(dir, 'render-')))
  const [root, home, scratch] = [join(base, 'root'), join(base, 'home'), join(base, 'scratch')] as const
  for (const folder of [root, home, scratch]) await mkdir(folder)
  return { root, home, scratch, remove: () => rm(base, { recursive: true, force: true }) }
}

/** Whether a path, links resolved as far as it exists, lies in a folder. */
export async function isInside(folder: string, path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => path)
  const way = relative(folder, real)
  return way === '' || (!way.startsWith('..') && !way.startsWith('/'))
}

/** Refuses links that lead out of the checkout, before a tool follows them. */
export function refuseOutside(files: readonly { readonly outside?: string }[]): void {
  const bad = files.find((file) => file.outside !== undefined)
  if (bad) throw new RenderError(`repository contains out-of-bounds symlinks. file: ${bad.outside}`)
}

/** A tool's words without the name of the folder it happened to run in. */
export function hidePath(text: string, workspace: Workspace): string {
  return text
    .replaceAll(workspace.root, '<path to cached source>')
    .replaceAll(join(workspace.scratch, 'values.yaml'), '<tmp>')
    .replaceAll(new RegExp(`${workspace.scratch}/ref-[0-9]+`, 'g'), '<path to cached source>')
    .trim()
}
