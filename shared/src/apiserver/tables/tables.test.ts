import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../k8s/object.ts'
import { builtinStrategies } from '../kinds/index.ts'
import { builtinResources } from '../schema/builtin.ts'

const now = Date.parse('2026-01-01T01:00:00Z')
const rows = builtinResources(builtinStrategies)
const stored = rows.filter((row) => row.verbs.includes('list') && row.strategy?.table)

function blank(kind: string): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' } }
}

describe('tables', () => {
  it.each(stored.map((row) => [`${row.plural}.${row.group}/${row.version}`, row] as const))(
    'of %s have a cell for each column, of objects that say nothing too',
    (_, row) => {
      const table = row.strategy?.table
      const cells = table?.cells(blank(row.kind), now) ?? []
      expect(cells).toHaveLength(table?.columns.length ?? 0)
      expect(table?.columns[0]).toMatchObject({ name: row.kind === 'Event' ? 'Last Seen' : 'Name' })
    },
  )

  const names: Readonly<Record<string, readonly string[]>> = {
    pods: ['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP', 'Node', 'Nominated Node', 'Readiness Gates'],
    deployments: ['Name', 'Ready', 'Up-to-date', 'Available', 'Age', 'Containers', 'Images', 'Selector'],
    services: ['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age', 'Selector'],
    ingresses: ['Name', 'Class', 'Hosts', 'Address', 'Ports', 'Age'],
    cronjobs: [
      'Name',
      'Schedule',
      'Timezone',
      'Suspend',
      'Active',
      'Last Schedule',
      'Age',
      'Containers',
      'Images',
      'Selector',
    ],
    storageclasses: ['Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age'],
    networkpolicies: ['Name', 'Pod-Selector', 'Age'],
    leases: ['Name', 'Holder', 'Age'],
  }
  it.each(Object.entries(names))('of %s have the columns that kubectl shows', (plural, expected) => {
    const row = stored.find((each) => each.plural === plural)
    expect(row?.strategy?.table?.columns.map((column) => column.name)).toEqual(expected)
  })
})
