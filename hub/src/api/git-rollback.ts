import { sourcesOf, type Application } from '@flotilla/shared/argo/application'
import type { Clock } from '@flotilla/shared/lang/clock'
import type { Identity } from '../auth/session-keeper.ts'
import { GitError, type Repositories } from '../git/repository.ts'
import { ApiError, code } from './errors.ts'

/**
 * Goes back to a past deployment in Git itself: a commit on top of the branch that makes the application's folder what
 * it was. So the desired state is the old one, for automated syncs too, and the way there can be read in the history.
 */
export async function rollbackInGit(
  app: Application,
  id: number,
  who: Identity,
  { repositories, clock }: { readonly repositories: Repositories; readonly clock: Clock },
): Promise<{ readonly commit: string; readonly branch: string }> {
  const { namespace = '', name = '' } = app.metadata
  const entry = app.status?.history?.find((each) => each.id === id)
  if (!entry) {
    const message = `application ${namespace}/${name} does not have deployment with id ${id}`
    throw new ApiError(code.invalidArgument, message)
  }
  const [source, ...more] = sourcesOf(app.spec)
  if (!source || more.length > 0 || source.chart || !source.path || !entry.revision) {
    throw new ApiError(code.failedPrecondition, 'only an application of one folder in Git can be rolled back there')
  }
  const branch = await branchOf(repositories, source.repoURL, source.targetRevision ?? '')
  try {
    const commit = await repositories.revert(source.repoURL, {
      branch,
      path: source.path,
      commit: entry.revision,
      message: `Revert ${source.path} to ${entry.revision.slice(0, 7)}\n\nRollback of application ${name} to deployment ${id}, asked for by ${who.username}.`,
      author: {
        name: who.username,
        email: `${who.username}@flotilla.invalid`,
        timestamp: Math.floor(clock.now() / 1000),
      },
    })
    return { commit, branch }
  } catch (error) {
    if (!(error instanceof GitError)) throw error
    throw new ApiError(code.failedPrecondition, error.message)
  }
}

/** The branch that a revision means; a tag or a commit is nothing that can move on. */
async function branchOf(repositories: Repositories, url: string, revision: string): Promise<string> {
  const { refs, head } = await repositories.refresh(url)
  const wanted = revision.replace(/^refs\/heads\//, '')
  if (refs.has(`refs/heads/${wanted}`)) return wanted
  const heads = [...refs].filter(([ref, oid]) => ref.startsWith('refs/heads/') && oid === head)
  const names = heads.map(([ref]) => ref.slice('refs/heads/'.length))
  const usual = ['main', 'master'].find((name) => names.includes(name)) ?? names[0]
  if ((revision === '' || revision === 'HEAD') && usual !== undefined) return usual
  throw new ApiError(code.failedPrecondition, `${revision || 'HEAD'} is no branch: there is nothing to commit on`)
}
