import { evaluateExpr } from '@flotilla/shared/expr/evaluate'
import { renderTemplate } from '@flotilla/shared/gotemplate/template'
import type { Value } from '@flotilla/shared/gotemplate/values'
import { isObject } from '@flotilla/shared/lang/json'
import { parseYaml } from '@flotilla/shared/k8s/yaml'

/** A link as the API shows it. */
export interface LinkInfo {
  readonly title: string
  readonly url: string
  readonly description?: string
  readonly iconClass?: string
}

export type LinkKind = 'application.links' | 'project.links' | 'resource.links'

interface DeepLink {
  readonly title?: string
  readonly url?: string
  readonly description?: string
  readonly 'icon.class'?: string
  readonly if?: string
}

/** A link that a setting asks for and that cannot be made. */
export type LinkFailure = (link: string, why: string) => void

/**
 * The links that argocd-cm gives to one object. Each is a template over `environment`; one whose condition does not hold,
 * or that cannot be worked out, is left out.
 */
export function deepLinks(
  cm: Readonly<Record<string, string>>,
  kind: LinkKind,
  environment: Readonly<Record<string, unknown>>,
  options: { readonly now: () => number; readonly failed: LinkFailure },
): LinkInfo[] {
  return read(cm, kind).flatMap((link) => {
    try {
      if (link.if !== undefined && !holds(link.if, environment)) return []
      const url = renderTemplate(link.url ?? '', environment as Value, { name: 'deep-link', now: options.now })
      const { description, 'icon.class': iconClass } = link
      return [
        {
          title: link.title ?? '',
          url,
          ...(description === undefined ? {} : { description }),
          ...(iconClass === undefined ? {} : { iconClass }),
        },
      ]
    } catch (error) {
      options.failed(link.title ?? link.url ?? '', error instanceof Error ? error.message : String(error))
      return []
    }
  })
}

function holds(condition: string, environment: Readonly<Record<string, unknown>>): boolean {
  const answer = evaluateExpr(condition, environment)
  if (typeof answer === 'boolean') return answer
  throw new Error(`link condition '${condition}' evaluated to non-boolean value`)
}

function read(cm: Readonly<Record<string, string>>, kind: LinkKind): readonly DeepLink[] {
  const text = cm[kind]
  if (!text) return []
  const links = parseYaml(text)
  if (!Array.isArray(links)) throw new Error(`${kind} in argocd-cm is no list of links`)
  return links.filter(isObject) as DeepLink[]
}
