import { goRegexp } from './go-regexp.ts'

/**
 * Matches a whole text against what a pattern was made into. The engine of JavaScript is fast, but goes back at every turn
 * that a pattern may take and tries again: with more than a few of them it is one that never goes back. What is no
 * expression matches nothing.
 */
export function wholeMatcher(source: string, turns: number): (text: string) => boolean {
  try {
    if (turns > fewTurns) {
      const expression = goRegexp(`(?s)^(?:${source})$`)
      return (text) => expression.test(text)
    }
    const expression = new RegExp(`^(?:${source})$`, 'su')
    return (text) => expression.test(text)
  } catch {
    return () => false
  }
}

const fewTurns = 2
