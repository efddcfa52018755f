import { sourcesOf, type ApplicationSpec } from '@flotilla/shared/argo/application'
import { normalizeUrl } from '../git/credentials.ts'
import type { Repositories } from '../git/repository.ts'

/** Which applications read from which repositories; those that anybody reads from are polled. */
export class SourceInterests {
  readonly #repositories: Repositories
  /** Of each application: its repositories, as it writes them, and how to let go of each. */
  readonly #held = new Map<string, Map<string, () => void>>()
  readonly #byUrl = new Map<string, Set<string>>()

  constructor(repositories: Repositories) {
    this.#repositories = repositories
  }

  /** The applications that read from a repository, however they write its address. */
  readersOf(url: string): string[] {
    const wanted = normalizeUrl(url)
    return [...this.#byUrl].flatMap(([spelled, keys]) => (normalizeUrl(spelled) === wanted ? [...keys] : []))
  }

  /** The applications that write the address in just this way. */
  usersOf(url: string): readonly string[] {
    return [...(this.#byUrl.get(url) ?? [])]
  }

  urls(): readonly string[] {
    return [...this.#byUrl.keys()]
  }

  update(key: string, spec: ApplicationSpec): void {
    const wanted = new Set(sourcesOf(spec).flatMap(({ repoURL, chart }) => (repoURL && !chart ? [repoURL] : [])))
    const held = this.#held.get(key) ?? new Map<string, () => void>()
    this.#held.set(key, held)
    for (const url of held.keys()) if (!wanted.has(url)) this.#release(key, url)
    for (const url of wanted) {
      if (held.has(url)) continue
      held.set(url, this.#repositories.interest(url))
      const users = this.#byUrl.get(url) ?? new Set<string>()
      this.#byUrl.set(url, users)
      users.add(key)
    }
  }

  /** Asks the repositories of an application what is new; what cannot be reached is told by those who need it. */
  async look(key: string): Promise<void> {
    const urls = [...(this.#held.get(key)?.keys() ?? [])]
    await Promise.all(urls.map((url) => this.#repositories.refresh(url).catch(() => undefined)))
  }

  forget(key: string): void {
    for (const url of this.#held.get(key)?.keys() ?? []) this.#release(key, url)
    this.#held.delete(key)
  }

  forgetAll(): void {
    for (const key of this.#held.keys()) this.forget(key)
  }

  #release(key: string, url: string): void {
    this.#held.get(key)?.get(url)?.()
    this.#held.get(key)?.delete(url)
    const users = this.#byUrl.get(url)
    users?.delete(key)
    if (users?.size === 0) this.#byUrl.delete(url)
  }
}
