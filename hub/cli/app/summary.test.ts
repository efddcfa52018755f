import type { Application } from '@flotilla/shared/argo/application'
import { expect, test } from 'vitest'
import { summary, type WindowState } from './summary.ts'

const app = { metadata: { name: 'a' }, spec: { source: { repoURL: 'r' }, destination: {} } } as unknown as Application
const window = (kind: string) => ({ kind, schedule: '* * * * *', duration: '1h' })
const lines = (windows: WindowState): string[] =>
  summary(app, 'http://hub', windows)
    .split('\n')
    .filter((line) => line.includes('Window'))
    .map((line) => line.replace(/\s+/g, ' '))

test.each<[string, WindowState, string]>([
  ['none', {}, 'Sync Allowed'],
  ['a deny window that is closed', { assignedWindows: [window('deny')], canSync: true }, 'Sync Allowed'],
  [
    'an allow window that is open',
    { assignedWindows: [window('allow')], activeWindows: [window('allow')] },
    'Sync Allowed',
  ],
  ['an allow window that is closed', { assignedWindows: [window('allow')], canSync: false }, 'Sync Denied'],
  ['a deny window that is open', { assignedWindows: [window('deny')], activeWindows: [window('deny')] }, 'Sync Denied'],
  ['one that permits syncs by hand', { assignedWindows: [window('allow')], canSync: true }, 'Manual Allowed'],
])('says what windows allow: %s', (_, windows, expected) => {
  expect(lines(windows)[0]).toBe(`SyncWindow: ${expected}`)
  const [assigned] = windows.assignedWindows ?? []
  expect(lines(windows)[1]).toBe(assigned && `Assigned Windows: ${assigned.kind}:* * * * *:1h`)
})
