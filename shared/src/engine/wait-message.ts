import type { TaskProgress } from './tasks.ts'

/** Why a sync waits, in the words that people and scripts look for. */
export function waitMessage(waiting: readonly TaskProgress[], reason: 'healthy' | 'deletion' | 'confirmation'): string {
  const [first] = waiting
  if (!first) return ''
  const { hook, key } = first.task
  const what =
    reason === 'confirmation'
      ? 'pruning confirmation of'
      : reason === 'deletion'
        ? `deletion of${hook ? ' hook' : ''}`
        : hook
          ? 'completion of hook'
          : 'healthy state of'
  const more = waiting.length > 1 ? ` and ${waiting.length - 1} more ${hook ? 'hooks' : 'resources'}` : ''
  return `waiting for ${what} ${key.group}/${key.kind}/${key.name}${more}`
}
