import { expect, it } from 'vitest'
import type { KubeObject } from '@flotilla/shared/k8s/object'
import { globalProjectsOf, withGlobalRules } from './global.ts'

const project = (name: string, spec: object, labels = {}): KubeObject => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AppProject',
  metadata: { name, labels },
  spec,
})
const company = project('company', {
  sourceRepos: ['https://git.example.com/*'],
  clusterResourceBlacklist: [{ group: '', kind: 'Namespace' }],
  syncWindows: [{ kind: 'deny', schedule: '0 22 * * *', duration: '1h' }],
  roles: [{ name: 'all', policies: [] }],
  orphanedResources: {},
})
const team = project(
  'team',
  { sourceRepos: ['https://team.example.com'], destinations: [{ server: '*' }] },
  { opt: 'in' },
)
const named = (name: string): KubeObject | undefined => [company, team].find((each) => each.metadata.name === name)
const cm = {
  globalProjects: '- projectName: company\n  labelSelector:\n    matchLabels: {opt: in}\n- projectName: none',
}

it('finds the projects that settings make global by the labels of a project', () => {
  expect(globalProjectsOf(cm, team, named)).toEqual([company])
  expect(globalProjectsOf(cm, project('other', {}), named)).toEqual([])
  expect(globalProjectsOf({ globalProjects: '- projectName: company' }, company, named)).toEqual([])
  expect(globalProjectsOf({ globalProjects: '{{' }, team, named)).toEqual([])
})

it('puts their rules behind those of the project, and nothing else', () => {
  expect(withGlobalRules(team, [company])['spec']).toEqual({
    sourceRepos: ['https://team.example.com', 'https://git.example.com/*'],
    destinations: [{ server: '*' }],
    clusterResourceBlacklist: [{ group: '', kind: 'Namespace' }],
    syncWindows: [{ kind: 'deny', schedule: '0 22 * * *', duration: '1h' }],
  })
  expect(withGlobalRules(team, [])).toBe(team)
})
