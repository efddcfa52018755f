import type { Command } from 'commander'
import { routes } from '@flotilla/shared/api/routes'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { structured, unknownFormat } from '../print.ts'
import { update, type Project, type SyncWindow } from '../proj-spec.ts'
import { table } from '../table.ts'

interface WindowFlags {
  readonly kind?: string
  readonly schedule?: string
  readonly duration?: string
  readonly applications?: string
  readonly namespaces?: string
  readonly clusters?: string
  readonly manualSync?: boolean
  readonly syncOverrun?: boolean
  readonly timeZone?: string
  readonly useAndOperator?: boolean
  readonly description?: string
}

const withTimes = (command: Command): Command =>
  command
    .option('--schedule <cron>', 'when it opens')
    .option('--duration <duration>', 'how long it is open')
    .option('--applications <names>', 'applications, by comma')
    .option('--namespaces <names>', 'namespaces, by comma')
    .option('--clusters <names>', 'clusters, by comma')
    .option('--description <text>', 'what it is for')

/** `proj windows …`. */
export function addWindows(proj: Command, rim: Rim): void {
  const windows = proj.command('windows').description('sync windows of a project')
  const edit = (command: Command, project: string, id: string, change: (window: SyncWindow) => void): Promise<void> =>
    update(clientOf(command, rim), project, ({ spec }) => {
      const window = spec.syncWindows?.[indexOf(id)]
      if (!window) throw new CliError(`window with id '${id}' not found`)
      change(window)
    })

  withTimes(windows.command('add <project>').description('add a window'))
    .option('-k, --kind <kind>', 'allow or deny')
    .option('--manual-sync', 'permit syncs by hand')
    .option('--sync-overrun', 'let syncs end that began when they might')
    .option('--time-zone <zone>', 'time zone of the schedule', 'UTC')
    .option('--use-and-operator', 'for what applications, namespaces and clusters all match')
    .addHelpText(
      'after',
      "\nExample:\n  flotilla proj windows add PROJECT --kind deny --schedule '0 22 * * *' --duration 8h --applications '*'\n",
    )
    .action((name: string, flags: WindowFlags, command: Command) =>
      update(clientOf(command, rim), name, ({ spec }) => {
        const made = { kind: '', schedule: '', duration: '' }
        fill(made, flags)
        spec.syncWindows = [...(spec.syncWindows ?? []), made]
      }),
    )
  withTimes(windows.command('update <project> <id>').description('change a window'))
    .option('--time-zone <zone>', 'time zone of the schedule')
    .action((name: string, id: string, flags: WindowFlags, command: Command) =>
      edit(command, name, id, (window) => fill(window, flags)),
    )
  const toggles = [
    ['enable-manual-sync', 'permit syncs by hand', (window: SyncWindow) => (window.manualSync = true)],
    ['disable-manual-sync', 'permit none', (window: SyncWindow) => (window.manualSync = false)],
    ['enable-sync-overrun', 'let syncs end that began in time', (window: SyncWindow) => (window.syncOverrun = true)],
    ['disable-sync-overrun', 'stop them', (window: SyncWindow) => (window.syncOverrun = false)],
  ] as const
  for (const [verb, words, change] of toggles) {
    windows
      .command(`${verb} <project> <id>`)
      .description(words)
      .action((name: string, id: string, _flags: unknown, command: Command) =>
        edit(command, name, id, (window) => void change(window)),
      )
  }
  windows
    .command('delete <project> <id>')
    .description('delete a window')
    .action((name: string, id: string, _flags: unknown, command: Command) =>
      update(clientOf(command, rim), name, ({ spec }) => {
        if (!spec.syncWindows?.[indexOf(id)]) throw new CliError(`window with id '${id}' not found`)
        spec.syncWindows = spec.syncWindows.filter((_, index) => index !== indexOf(id))
      }),
    )
  windows
    .command('list <project>')
    .description('list the windows')
    .option('-o, --output <format>', 'wide, json or yaml', 'wide')
    .action(async (name: string, { output }: { output: string }, command: Command) => {
      const client = clientOf(command, rim)
      const params = { name }
      const { spec } = await client.call<Project>(routes.project, { params })
      const text = structured(output, spec.syncWindows ?? [])
      if (text !== undefined) return rim.out(text)
      if (output !== 'wide' && output !== '') throw unknownFormat(output)
      const none = { windows: [] }
      const open = client.call<{ windows?: SyncWindow[] }>(routes.projectWindows, { params })
      rim.out(windowTable(spec.syncWindows ?? [], (await open.catch(() => none)).windows ?? []))
    })
}

function indexOf(id: string): number {
  if (/^\d+$/.test(id)) return Number(id)
  throw new CliError(`strconv.Atoi: parsing "${id}": invalid syntax`)
}

function fill(window: SyncWindow, flags: WindowFlags): void {
  const list = (text: string | undefined): string[] | undefined => text?.split(',')
  const given = {
    kind: flags.kind,
    schedule: flags.schedule,
    duration: flags.duration,
    applications: list(flags.applications),
    namespaces: list(flags.namespaces),
    clusters: list(flags.clusters),
    manualSync: flags.manualSync,
    syncOverrun: flags.syncOverrun,
    timeZone: flags.timeZone,
    andOperator: flags.useAndOperator,
    description: flags.description,
  }
  Object.assign(window, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
}

function windowTable(all: readonly SyncWindow[], open: readonly SyncWindow[]): string {
  const names = (list: string[] | undefined): string => (list && list.length > 0 ? list.join(',') : '-')
  const on = (value: boolean | undefined): string => (value ? 'Enabled' : 'Disabled')
  const isOpen = (one: SyncWindow): boolean =>
    open.some((other) => other.schedule === one.schedule && other.kind === one.kind && other.duration === one.duration)
  const header = [
    'ID', 'STATUS', 'KIND', 'SCHEDULE', 'DURATION', 'APPLICATIONS', 'NAMESPACES', 'CLUSTERS', 'MANUALSYNC', 'SYNCOVERRUN',
    'TIMEZONE', 'USEANDOPERATOR',
  ] // prettier-ignore
  const rows = all.map((one, id) => [
    String(id),
    isOpen(one) ? 'Active' : 'Inactive',
    one.kind,
    one.schedule,
    one.duration,
    names(one.applications),
    names(one.namespaces),
    names(one.clusters),
    on(one.manualSync),
    on(one.syncOverrun),
    one.timeZone ?? 'UTC',
    on(one.andOperator),
  ])
  return table([header, ...rows])
}
