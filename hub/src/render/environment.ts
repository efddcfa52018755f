import type { ApplicationSource } from '@flotilla/shared/argo/application'
import type { RenderContext } from './render.ts'

export type BuildEnvironment = Readonly<Record<string, string>>

/** What a source may name as `$ARGOCD_APP_…`. */
export function buildEnvironment(
  context: RenderContext,
  source: ApplicationSource,
  revision: string,
): BuildEnvironment {
  return {
    ARGOCD_APP_NAME: context.appName,
    ARGOCD_APP_NAMESPACE: context.namespace,
    ARGOCD_APP_PROJECT_NAME: context.project,
    ARGOCD_APP_REVISION: revision,
    ARGOCD_APP_REVISION_SHORT: revision.slice(0, 7),
    ARGOCD_APP_REVISION_SHORT_8: revision.slice(0, 8),
    ARGOCD_APP_SOURCE_REPO_URL: source.repoURL,
    ARGOCD_APP_SOURCE_PATH: source.path ?? '',
    ARGOCD_APP_SOURCE_TARGET_REVISION: source.targetRevision ?? '',
  }
}

/** Replaces `$NAME` and `${NAME}`; `$$` is one dollar, an unknown name is nothing. */
export function substitute(text: string, environment: BuildEnvironment): string {
  return text.replace(
    /\$(?:(\$)|\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (_, dollar?: string, braced?: string, bare?: string) => dollar ?? environment[braced ?? bare ?? ''] ?? '',
  )
}

/** `v1.36.1-gke.1+x` as Helm is told it: `1.36.1`. */
export function plainVersion(version: string): string {
  return /^v?(\d+\.\d+(?:\.\d+)?)/.exec(version)?.[1] ?? version
}
