import type { Application } from '@flotilla/shared/argo/application'
import { age, table } from '../table.ts'
import { resourceStates } from './states.ts'

export interface TreeNode {
  group?: string
  version?: string
  kind: string
  namespace?: string
  name: string
  uid?: string
  parentRefs?: { uid?: string; kind: string; name: string; group?: string; namespace?: string }[]
  health?: { status?: string; message?: string }
  createdAt?: string
}

export interface ResourceTree {
  nodes?: TreeNode[] | null
  orphanedNodes?: TreeNode[] | null
}

const idOf = (node: { uid?: string; group?: string; kind: string; namespace?: string; name: string }): string =>
  node.uid || `${node.group ?? ''}/${node.kind}/${node.namespace ?? ''}/${node.name}`

/** The tree of resources, children drawn below their parents. */
export function treeTable(app: Application, tree: ResourceTree, detailed: boolean, now: number): string {
  const nodes = tree.nodes ?? []
  const children = new Map<string, TreeNode[]>()
  for (const node of nodes) {
    for (const parent of node.parentRefs ?? [])
      children.set(idOf(parent), [...(children.get(idOf(parent)) ?? []), node])
  }
  const states = new Map(
    resourceStates(app).map((one) => [`${one.group}/${one.kind}/${one.namespace}/${one.name}`, one]),
  )
  const rows: string[][] = [
    detailed
      ? ['KIND/NAME', 'STATUS', 'HEALTH', 'AGE', 'MESSAGE', 'REASON']
      : ['KIND/NAME', 'STATUS', 'HEALTH', 'MESSAGE'],
  ]
  const visit = (node: TreeNode, lead: string, branch: string): void => {
    const state = states.get(`${node.group ?? ''}/${node.kind}/${node.namespace ?? ''}/${node.name}`)
    const health = state?.health || node.health?.status || ''
    const old = node.createdAt ? age(Date.parse(node.createdAt), now) : ''
    const message = state?.message ?? ''
    const first = `${lead}${branch}${node.kind}/${node.name}`
    rows.push(
      detailed
        ? [first, state?.status ?? '', health, old, message, node.health?.message ?? '']
        : [first, state?.status ?? '', health, message],
    )
    const below = children.get(idOf(node)) ?? []
    const next = branch === '' ? lead : lead + (branch.startsWith('└') ? '  ' : '│ ')
    below.forEach((child, index) => visit(child, next, index === below.length - 1 ? '└─' : '├─'))
  }
  for (const root of nodes.filter((node) => (node.parentRefs ?? []).length === 0)) visit(root, '', '')
  return table(rows)
}

/** The resources of an application as one tree of plain rows, children below their parents. */
export function resourceRows(nodes: readonly TreeNode[], orphaned: boolean, now: number | undefined): string[][] {
  const children = new Map<string, TreeNode[]>()
  const known = new Set(nodes.map(idOf))
  for (const node of nodes)
    for (const parent of node.parentRefs ?? [])
      children.set(idOf(parent), [...(children.get(idOf(parent)) ?? []), node])
  const rows: string[][] = []
  const visit = (node: TreeNode, lead: string, branch: string): void => {
    const place = [node.kind, node.namespace ?? '', node.name, orphaned ? 'Yes' : 'No']
    const old = node.createdAt && now !== undefined ? age(Date.parse(node.createdAt), now) : '<unknown>'
    const state = [old, node.health?.status ?? '', node.health?.message ?? '']
    rows.push([`${lead}${branch}${node.group ?? ''}`, ...place, ...(now === undefined ? [] : state)])
    const below = children.get(idOf(node)) ?? []
    const next = branch === '' ? lead : lead + (branch.startsWith('└') ? '  ' : '│ ')
    below.forEach((child, index) => visit(child, next, index === below.length - 1 ? '└─' : '├─'))
  }
  for (const node of nodes) if (!(node.parentRefs ?? []).some((parent) => known.has(idOf(parent)))) visit(node, '', '')
  return rows
}
