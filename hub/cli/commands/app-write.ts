import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import * as yaml from 'js-yaml'
import type { Application } from '@flotilla/shared/argo/application'
import {
  addSpecFlags,
  applySpecFlags,
  newApplication,
  positionOf,
  sourceAt,
  type SpecFlags,
} from '../app/spec-flags.ts'
import { routes } from '@flotilla/shared/api/routes'
import { unset, type UnsetFlags } from '../app/unset.ts'
import { clientOf, type Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { appAddress, selectedNames } from './app-read.ts'

const collect = (value: string, all: string[] = []): string[] => [...all, value]

interface CreateFlags extends SpecFlags {
  file?: string
  upsert?: boolean
  validate: boolean
  label?: string[]
  annotations?: string[]
  setFinalizer?: boolean
  name?: string
  appNamespace?: string
}

function pairs(flag: string, texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new CliError(`--${flag} takes KEY=VALUE, not "${text}"`, 1)
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}

/** Reads objects of a file, or standard input with `-`. */
export function readObjects<T>(file: string): T[] {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${(error as Error).message}`)
  }
  return yaml.loadAll(text).filter((one) => one !== null && one !== undefined) as T[]
}

/** `app create|set|unset|patch|delete|rollback|terminate-op`: what changes an application. */
export function addWriteCommands(app: Command, rim: Rim): void {
  addSpecFlags(
    app
      .command('create [name]')
      .description('create an application')
      .addHelpText(
        'after',
        '\nExample:\n  flotilla app create guestbook --repo https://github.com/argoproj/argocd-example-apps.git \\\n    --path guestbook --dest-name CLUSTER --dest-namespace default --sync-policy automated\n',
      ),
  )
    .option('-f, --file <file>', 'of a file, or - for standard input')
    .option('--name <name>', 'name of the application')
    .option('--upsert', 'replace one that differs')
    .option('--validate', 'check that the source can be rendered (--validate=false: do not)', true)
    .option('-l, --label <key=value>', 'label', collect)
    .option('--annotations <key=value>', 'annotation', collect)
    .option('--set-finalizer', 'deleting the application deletes its resources')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string | undefined, flags: CreateFlags, command: Command) => {
      const apps = flags.file ? readObjects<Application>(flags.file) : [newApplication('', flags)]
      const client = clientOf(command, rim)
      for (const one of apps) {
        if (flags.file) applySpecFlags(one.spec, flags)
        const name = argument ?? flags.name ?? one.metadata.name ?? ''
        if (name === '') {
          command.outputHelp()
          throw new CliError('', 1)
        }
        one.metadata.name = name
        if (flags.appNamespace) one.metadata.namespace = flags.appNamespace
        if (flags.label) one.metadata.labels = { ...one.metadata.labels, ...pairs('label', flags.label) }
        if (flags.annotations) {
          one.metadata.annotations = { ...one.metadata.annotations, ...pairs('annotations', flags.annotations) }
        }
        if (flags.setFinalizer) one.metadata.finalizers = ['resources-finalizer.argocd.argoproj.io']
        const query = { upsert: flags.upsert ?? false, validate: flags.validate }
        const before = await client
          .call<Application>(routes.application, appAddress(name, flags.appNamespace))
          .catch(() => undefined)
        const made = await client.call<Application>(routes.createApplication, { body: one, query })
        const action = !before
          ? 'created'
          : made.metadata.resourceVersion === before.metadata.resourceVersion
            ? 'unchanged'
            : 'updated'
        rim.out(`application '${name}' ${action}\n`)
      }
    })

  addSpecFlags(app.command('set <name>').description('change parameters of an application'))
    .option('--source-position <n>', 'of which source, counted from 1')
    .option('--validate', 'check that the source can be rendered (--validate=false: do not)', true)
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: CreateFlags & { sourcePosition?: string }, command: Command) => {
      await updateSpec(command, rim, argument, flags.appNamespace, flags.validate, ({ spec }) =>
        applySpecFlags(spec, flags, flags.sourcePosition === undefined ? undefined : Number(flags.sourcePosition)),
      )
    })

  app
    .command('unset <name>')
    .description('take parameters of an application back')
    .option('-p, --parameter <name>', 'Helm parameter', collect)
    .option('--values <file>', 'Helm value file', collect)
    .option('--values-literal', 'Helm values written into the application')
    .option('--ignore-missing-value-files', 'that missing value files are no mistake')
    .option('--pass-credentials', 'that Helm sends credentials everywhere')
    .option('--nameprefix', 'Kustomize name prefix')
    .option('--namesuffix', 'Kustomize name suffix')
    .option('--kustomize-version', 'Kustomize version')
    .option('--kustomize-namespace', 'Kustomize namespace')
    .option('--kustomize-image <name>', 'Kustomize image', collect)
    .option('--kustomize-replica <name>', 'Kustomize count of replicas', collect)
    .option('--ignore-missing-components', 'that missing components are no mistake')
    .option('--plugin-env <name>', 'environment of the plugin', collect)
    .option('--ref', 'name by which other sources speak of it')
    .option('--source-position <n>', 'of which source, counted from 1')
    .option('--source-name <name>', 'of which source, by its name')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(
      async (
        argument: string,
        flags: UnsetFlags & { appNamespace?: string; sourcePosition?: string; sourceName?: string },
        command: Command,
      ) => {
        const { appNamespace, sourcePosition: _position, sourceName: _name, ...asked } = flags
        await updateSpec(command, rim, argument, appNamespace, true, ({ spec }) => {
          const source = sourceAt(spec, positionOf(spec, flags))
          if (Object.keys(asked).length === 0 && (source.kustomize || source.helm)) {
            command.outputHelp()
            throw new CliError('', 1)
          }
          return unset(source, asked)
        })
      },
    )

  app
    .command('patch <name>')
    .description('patch an application')
    .requiredOption('--patch <patch>', 'the patch')
    .option('--type <type>', 'json or merge', 'json')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(
      async (argument: string, flags: { patch: string; type: string; appNamespace?: string }, command: Command) => {
        const { name, params, query } = appAddress(argument, flags.appNamespace)
        const body = { name, patch: flags.patch, patchType: flags.type, ...query }
        const changed = await clientOf(command, rim).call<Application>(routes.patchApplication, { params, body })
        rim.out(yaml.dump(changed, { sortKeys: true, lineWidth: -1 }))
      },
    )

  app
    .command('delete [names...]')
    .description('delete applications, with their resources unless --cascade=false')
    .option('-l, --selector <selector>', 'those with this label')
    .option('--cascade', 'delete their resources too (--cascade=false: leave them)', true)
    .option('-p, --propagation-policy <policy>', 'foreground or background', 'foreground')
    .option('-y, --yes', 'do not ask')
    .option('--wait', 'until they are gone')
    .option('-N, --app-namespace <namespace>', 'namespace of the applications')
    .action(
      async (
        names: string[],
        flags: {
          cascade: boolean
          propagationPolicy: string
          wait?: boolean
          selector?: string
          appNamespace?: string
        },
        command: Command,
      ) => {
        const client = clientOf(command, rim)
        const all = [...names, ...(await selectedNames(client, { selector: flags.selector }))]
        if (all.length === 0) {
          if (flags.selector) throw new CliError('no apps match selector ' + flags.selector)
          command.outputHelp()
          throw new CliError('', 1)
        }
        for (const argument of all) {
          const { name, params, query } = appAddress(argument, flags.appNamespace)
          const { cascade } = flags
          await client.call(routes.deleteApplication, {
            params,
            query: { ...query, cascade, propagationPolicy: cascade ? flags.propagationPolicy : undefined },
          })
          while (
            flags.wait &&
            (await client.call(routes.application, { params, query }).then(
              () => true,
              () => false,
            ))
          )
            await rim.sleep(300)
          rim.out(`application '${name}' deleted\n`)
        }
      },
    )

  app
    .command('terminate-op <name>')
    .description('end the operation that runs')
    .option('-N, --app-namespace <namespace>', 'namespace of the application')
    .action(async (argument: string, flags: { appNamespace?: string }, command: Command) => {
      await clientOf(command, rim).call(routes.terminate, appAddress(argument, flags.appNamespace))
      rim.out(`Application '${argument}' operation terminating\n`)
    })

  app
    .command('confirm-deletion <name>')
    .description('approve deletions that wait for it (Prune=confirm, Delete=confirm, mass deletions)')
    .action(async (argument: string, _flags: unknown, command: Command) => {
      const { name, params } = appAddress(argument)
      const patch = {
        metadata: { annotations: { 'argocd.argoproj.io/deletion-approved': new Date(rim.now()).toISOString() } },
      }
      const body = { name, patch: JSON.stringify(patch), patchType: 'merge' }
      await clientOf(command, rim).call(routes.patchApplication, { params, body })
      rim.out(`Application '${name}' updated successfully\n`)
    })
}

/** Reads, changes and writes the spec of an application. */
async function updateSpec(
  command: Command,
  rim: Rim,
  argument: string,
  namespace: string | undefined,
  validate: boolean,
  change: (app: Application) => boolean | void,
): Promise<void> {
  const client = clientOf(command, rim)
  const { params, query } = appAddress(argument, namespace)
  const one = await client.call<Application>(routes.application, { params, query })
  if (change(one) === false) return
  await client.call(routes.updateSpec, { params, body: one.spec, query: { ...query, validate } })
}
