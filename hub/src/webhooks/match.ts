import type { ApplicationSource } from '@flotilla/shared/argo/application'
import { minimatch } from 'minimatch'
import { posix } from 'node:path'
import { parseConstraint, parseVersion, highest } from '../git/semver.ts'
import type { Push } from './push.ts'

/**
 * What names one repository however it is reached: host and path, without scheme, user, port, `ssh.` before the
 * host, `.git` and case. Undefined for what is no address.
 */
export function repositoryId(url: string): string | undefined {
  const text = url.trim().toLowerCase()
  const scp = /^(?:[^/@:]+@)?([^/:@]+):(?!\/\/)(.+)$/.exec(text)
  const full = /^(?:(?:https?|ssh|git):\/\/)?(?:[^/@]*@)?([^/:@]+)(?::\d+)?\/(.+)$/.exec(text)
  // `host:1234/path` is a port; `host:path` is what scp takes.
  const [, host, path] = (text.includes('://') || /^[^/]+:\d+\//.test(text) ? full : (scp ?? full)) ?? []
  if (host === undefined || path === undefined) return undefined
  const name = path
    .split('/')
    .filter((part) => part !== '')
    .join('/')
    .replace(/\.git$/, '')
  return name === '' ? undefined : `${host.replace(/^(?:alt)?ssh\./, '')}/${name}`
}

/** Whether a source reads from the repository that was pushed to. */
export function sameRepository(url: string, push: Push): boolean {
  const id = repositoryId(url)
  return id !== undefined && push.urls.some((each) => repositoryId(each) === id)
}

/** Whether what was pushed is what a source follows. */
export function followsRevision(targetRevision: string | undefined, push: Push): boolean {
  const pushed = shortName(push.ref)
  if (!targetRevision || targetRevision === 'HEAD')
    return push.defaultBranch === undefined || pushed === push.defaultBranch
  if (shortName(targetRevision) === pushed) return true
  const constraint = parseVersion(targetRevision) ? undefined : parseConstraint(targetRevision)
  return constraint !== undefined && highest([pushed], constraint) !== undefined
}

/**
 * Whether a changed file is among those that `argocd.argoproj.io/manifest-generate-paths` names; without the
 * annotation, or without a list of files, it always is.
 */
export function touchesPaths(annotation: string | undefined, sourcePath: string | undefined, push: Push): boolean {
  const { files } = push
  if (!annotation || !files) return true
  const wanted = annotation
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => inRepository(entry.startsWith('/') ? entry : posix.join(sourcePath ?? '', entry)))
  if (wanted.length === 0) return true
  return files.some((file) => wanted.some((path) => covers(path, inRepository(file))))
}

/** Whether an application with these sources is to be looked at after a push. */
export function isAffected(sources: readonly ApplicationSource[], annotation: string | undefined, push: Push): boolean {
  return sources.some(
    (source) =>
      sameRepository(source.repoURL, push) &&
      followsRevision(source.targetRevision, push) &&
      touchesPaths(annotation, source.path, push),
  )
}

function covers(path: string, file: string): boolean {
  if (path === '' || path === file || file.startsWith(`${path}/`)) return true
  return minimatch(file, path, {
    nobrace: true,
    noext: true,
    noglobstar: true,
    dot: true,
    nocomment: true,
    nonegate: true,
  })
}

/** A path from the root of the repository, no slash at either end. */
function inRepository(path: string): string {
  const clean = posix.normalize(`/${path}`).replaceAll(/^\/+|\/+$/g, '')
  return clean === '.' ? '' : clean
}

function shortName(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, '')
}
